/** `npm run build`: the package's JavaScript and types in `dist/`, with the files that are read unchanged. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
if (process.exitCode === 0) {
  // The dashboard's modules go to browsers; their types are removed when they are first requested.
  copy('dashboard');
  copy('client', /\.ts$/);
  copy('jobs/files/examples');
}

function copy(folder: string, wanted = /./): void {
  const isLeftOut = (name: string): boolean => !wanted.test(name) || /^(dist|tsconfig\.json)$|\.test\.ts$/.test(name);
  cpSync(join(root, folder), join(dist, folder), {
    recursive: true,
    filter: (path) => path === join(root, folder) || !isLeftOut(basename(path)),
  });
}
