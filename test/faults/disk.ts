/** A folder, and a small disk of its own, for tests of the data in it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';

const run = promisify(execFile);

export interface Disk extends AsyncDisposable {
  readonly path: string;
  /** Unmounts the disk; the data stays. */
  remount(options: string): Promise<void>;
}

export async function openFolder(): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-faults-'));
  return {
    path,
    remount: () => Promise.reject(new Error('this folder is no disk of its own')),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Skips the test, and says so, where a file system may not be mounted. */
export async function mountDisk({ skip }: TestContext, options: string): Promise<Disk> {
  const folder = await openFolder();
  const mount = (list: string) => run('mount', ['-t', 'tmpfs', '-o', list, 'tmpfs', folder.path]);
  try {
    await mount(options);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    process.stderr.write(`SKIPPED, since no tmpfs can be mounted here: ${String(error)}\n`);
    skip('no tmpfs can be mounted here');
  }
  return {
    ...folder,
    remount: async (list) => {
      await run('mount', ['-o', `remount,${list}`, folder.path]);
    },
    [Symbol.asyncDispose]: async () => {
      await run('umount', [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}
