/** Somebody else's project: an empty folder of its own, into which packages of this repository are installed as npm packs them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'esnext'];

export interface Project extends AsyncDisposable {
  readonly folder: string;
  /** The tarball of the package in a folder of this repository. */
  pack(from?: string): Promise<string>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Packages that this repository has installed, with what they need. */
  link(names: readonly string[]): Promise<void>;
  /** The errors of the strict compiler, `''` where there are none. */
  compile(...names: readonly string[]): Promise<string>;
  /** Its standard output. @throws where it ends with another code than 0. */
  run(command: string, ...args: readonly string[]): Promise<string>;
}

export async function openProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-project-'));
  // The project's own Node and compiler; no settings of the developer's shell.
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`, HOME: process.env['HOME'] };
  const execute = async (command: string, args: readonly string[], cwd = folder): Promise<string> =>
    (await run(command, [...args], { cwd, env, maxBuffer: 16 * 1024 ** 2 })).stdout;

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }

  await write({ 'package.json': '{ "private": true, "type": "module" }' });
  return {
    folder,
    write,
    async pack(from = '.') {
      const lines = await execute('npm', ['pack', '--silent', '--pack-destination', folder], join(root, from));
      return join(folder, lines.trim().split('\n').at(-1) ?? '');
    },
    async link(names) {
      for (const name of names) {
        await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
        const target = join(folder, 'node_modules', name);
        if (!existsSync(target)) await symlink(join(root, 'node_modules', name), target);
      }
    },
    compile: (...names) =>
      execute('tsc', [...strict, '--allowImportingTsExtensions', '--types', 'node', ...names]).catch((error: unknown) =>
        typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error),
      ),
    run: (command, ...args) => execute(command, args),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
