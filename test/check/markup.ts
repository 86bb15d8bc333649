/**
 * Checks the dashboard's markup as strictly as the code around it: rewritten as JSX, checked by the compiler, which reports
 * file and line.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markupAsJsx } from './markupAsJsx.ts';

const root = process.cwd();
const folder = join(root, '.cache/markup');

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(join(root, 'dashboard')).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))) {
  const source = readFileSync(join(root, 'dashboard', name), 'utf8');
  const jsx = markupAsJsx(source)
    .replace(/(from '\.\/\w+\.ts)'/g, "$1x'")
    .replaceAll("from '../", "from '../../");
  writeFileSync(join(folder, `${name}x`), jsx);
}
const options = { noEmit: true, jsx: 'react-jsx', jsxImportSource: 'preact' };
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ extends: '../../dashboard/tsconfig.json', compilerOptions: options, include: ['*.tsx'] }),
);
const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', folder], { cwd: root, encoding: 'utf8' });
process.stdout.write(stdout.replace(/^\.cache\/markup\/(\w+\.ts)x/gm, 'dashboard/$1'));
process.exitCode = status ?? 1;
