/** The embedded default on a disk that is full or read-only, and killed in the middle of writing. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, type TestContext } from 'vitest';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';
import { createOver, watchOver, type CreateAnswer } from './apiClient.ts';
import { createChance } from './chance.ts';

const run = promisify(execFile);

interface Disk extends AsyncDisposable {
  readonly path: string;
  /** Of a disk of its own; the data stays. */
  remount(options: string): Promise<void>;
}

async function openFolder(): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-faults-'));
  return {
    path,
    remount: () => Promise.reject(new Error('this folder is no disk of its own')),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Skips the test, and says so, where a file system may not be mounted. */
async function mountDisk({ skip }: TestContext, options: string): Promise<Disk> {
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

const settings = {
  VISIBILITY_TIMEOUT_SECONDS: '2',
  RECEIVE_WAIT_SECONDS: '1',
  SWEEP_INTERVAL_SECONDS: '1',
  SWEEP_AFTER_SECONDS: '2',
  // A job may be in the middle of its work at each kill: that must not use up its receives.
  MAX_RECEIVE_COUNT: '10',
};

const start = (disk: Disk): Promise<RunningEntry> => startEntry('start', { env: { ...settings, DATA_DIR: disk.path } });

/** Hands in jobs, several at a time, until the first that is not accepted, or until the number is reached. */
async function handIn(url: string, number: number, params: object): Promise<readonly CreateAnswer[]> {
  const accepted: CreateAnswer[] = [];
  let left = number;
  let isRefused = false;
  async function client(): Promise<void> {
    while (left > 0 && !isRefused) {
      left -= 1;
      try {
        accepted.push(await createOver(url, { params }));
      } catch {
        isRefused = true;
      }
    }
  }
  await Promise.all(Array.from({ length: 4 }, client));
  return accepted;
}

async function allEnd(url: string, accepted: readonly CreateAnswer[]): Promise<void> {
  const watchers = accepted.map(({ jobId }) => watchOver(() => url, jobId));
  await Promise.all(watchers.map(({ done }) => done));
  // A job that was accepted but could not be queued has ended too.
  const expected = accepted.map(({ code }) => (code === undefined ? 'SUCCEEDED' : 'FAILED'));
  expect(watchers.map(({ events }) => events.at(-1)?.status)).toEqual(expected);
}

test('says in one line that the data folder is read-only', async (context) => {
  await using disk = await mountDisk(context, 'ro,size=1m');
  await using entry = await startEntry('start', { env: { DATA_DIR: disk.path }, awaitReady: false });
  expect(await entry.exited()).toBe(1);
  expect(entry.logs().trim().split('\n').at(-1)).toMatch(/^job-tickets: DATA_DIR: .* cannot be (written|used as a folder)/);
});

test('ends with a clear error when the disk is full, and with room again every accepted job ends', async (context) => {
  await using disk = await mountDisk(context, 'size=8m');
  await using first = await start(disk);
  const accepted = await handIn(await urlOf(first, 'start'), 500, { payload: 'x'.repeat(100_000) });
  expect(accepted.length).toBeGreaterThan(0);
  expect(accepted.length).toBeLessThan(500);
  expect(await first.exited()).not.toBe(0);
  expect(first.logs()).toMatch(/the embedded AWS ended: .*(No space left|full)/i);
  await disk.remount('size=200m');
  await using second = await start(disk);
  await allEnd(await urlOf(second, 'start'), accepted);
});

test('killed again and again in the middle of writing, it loses no accepted job', async (context) => {
  await using disk = await openFolder();
  const chance = createChance(context);
  const accepted: CreateAnswer[] = [];
  for (let life = 0; life < 3; life += 1) {
    await using entry = await start(disk);
    const handing = handIn(await urlOf(entry, 'start'), 200, { durationMs: 20 });
    const answers = 20 + Math.floor(chance() * 50);
    // So many jobs have ended: then it is in the middle of many more.
    await entry.said(new RegExp(`(a receive ended[^]*){${Math.floor(answers / 4)}}`));
    await entry.kill();
    accepted.push(...(await handing));
  }
  expect(accepted.length).toBeGreaterThan(0);
  await using last = await start(disk);
  await allEnd(await urlOf(last, 'start'), accepted);
});
