/** The embedded default on a disk that is full or read-only, and killed in the middle of writing. */
import { expect, test } from 'vitest';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';
import { createOver, watchOver, type CreateAnswer } from './apiClient.ts';
import { createChance } from './chance.ts';
import { mountDisk, openFolder, type Disk } from './disk.ts';
import { shortLeases } from './interruptions.ts';

const isLong = process.env['FAULTS'] === 'long';

const start = (disk: Disk): Promise<RunningEntry> => startEntry('start', { env: { ...shortLeases, DATA_DIR: disk.path } });

/** Hands in jobs, several at a time, until the first that is not accepted, or until the number is reached. */
async function handIn(url: string, number: number, params: object): Promise<CreateAnswer[]> {
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
  // Each watcher is a connection of its own.
  for (let start = 0; start < accepted.length; start += 200) {
    const some = accepted.slice(start, start + 200);
    const watchers = some.map(({ jobId }) => watchOver(() => url, jobId));
    await Promise.all(watchers.map(({ done }) => done));
    // A job that was accepted but could not be queued has ended too.
    const expected = some.map(({ code }) => (code === undefined ? 'SUCCEEDED' : 'FAILED'));
    expect(watchers.map(({ events }) => events.at(-1)?.status)).toEqual(expected);
  }
}

test('says in one line that the data folder is read-only', async (context) => {
  await using disk = await mountDisk(context, 'ro,size=1m');
  await using entry = await startEntry('start', { env: { DATA_DIR: disk.path }, awaitReady: false });
  expect(await entry.exited()).toBe(78);
  expect(entry.logs()).toBe(`job-tickets: DATA_DIR: ${disk.path} cannot be written (EROFS)\n`);
});

test('on a full disk it refuses what it cannot keep, and with room again goes on by itself: every accepted job ends', async (context) => {
  await using disk = await mountDisk(context, 'size=8m');
  await using entry = await start(disk);
  const url = await urlOf(entry, 'start');
  const accepted = await handIn(url, 500, { payload: 'x'.repeat(100_000) });
  expect(accepted.length).toBeGreaterThan(0);
  expect(accepted.length).toBeLessThan(500);
  // Where several of them had no room, one may have.
  const fill = async (): Promise<void> => {
    for (;;) accepted.push(await createOver(url, { params: { payload: 'x'.repeat(100_000) } }));
  };
  await expect(fill()).rejects.toThrow('TABLE_UNAVAILABLE');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await disk.remount('size=200m');
  await allEnd(url, accepted);
  accepted.push(await createOver(url, { params: {} }));
  await allEnd(url, accepted);
});

test(
  'killed again and again in the middle of writing, it loses no accepted job',
  { timeout: isLong ? 1_800_000 : 90_000 },
  async (context) => {
    await using disk = await openFolder();
    const chance = createChance(context);
    const accepted: CreateAnswer[] = [];
    for (let life = 0; life < (isLong ? 100 : 3); life += 1) {
      await using entry = await start(disk);
      const handing = handIn(await urlOf(entry, 'start'), 200, { durationMs: 20 });
      const answers = 20 + Math.floor(chance() * 50);
      // So many jobs have ended: then it is in the middle of many more.
      await entry.said(new RegExp(`(a receive ended[^]*){${Math.floor(answers / 4)}}`));
      await entry.kill();
      accepted.push(...(await handing));
    }
    expect(accepted.length).toBeGreaterThan(0);
    process.stderr.write(`${accepted.length} accepted jobs\n`);
    await using last = await start(disk);
    await allEnd(await urlOf(last, 'start'), accepted);
  },
);
