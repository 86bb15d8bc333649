/** What the tests need of the machine: installed if it is missing and that is allowed, else named. Nothing is skipped silently. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Programs and the Debian packages they come from. */
type Programs = Readonly<Record<string, string>>;

export const neededPrograms = {
  'redis-server': 'redis-server',
  java: 'openjdk-17-jre-headless',
  promtool: 'prometheus',
  chromium: 'chromium',
} as const satisfies Programs;

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {Error} one line naming what is missing and how to get it. */
export async function ensurePrograms(environment: Environment, programs: Programs = neededPrograms): Promise<void> {
  const names = Object.keys(programs);
  const found = await Promise.all(names.map((name) => isOnPath(name, environment)));
  const missing = names.filter((_, index) => found[index] !== true);
  if (missing.length === 0) return;
  const packages = missing.map((name) => programs[name] ?? name);
  if (process.getuid?.() !== 0 || !(await isOnPath('apt-get', environment))) {
    throw new Error(`the tests need ${missing.join(' and ')}: install it, on Debian with apt-get install ${packages.join(' ')}`);
  }
  const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env, maxBuffer: 64 * 1024 ** 2 });
}

async function isOnPath(program: string, environment: Environment): Promise<boolean> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const checks = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(checks)).includes(true);
}
