/**
 * The embedded mode while it is watched: killed, paused and resumed, ended, backed up and restored elsewhere; the history
 * checker judges it.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Job } from '../../core/job.ts';
import { exportRecords } from '../../core/table/sqlite/exportRecords.ts';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';
import { createOver, watchOver, watchOwnerOver, type ApiWatching, type CreateAnswer } from './apiClient.ts';
import { createChance } from './chance.ts';
import { openFolder, type Disk } from './disk.ts';
import { interrupt, shortLeases, type Interruption } from './interruptions.ts';
import { checkHistory, missedByOwner } from './historyChecker.ts';

const isLong = process.env['FAULTS'] === 'long';
const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** In turn, one after each life. */
const interruptions: readonly Interruption[] = ['killed', 'paused', 'ended'];

const settings = {
  ...shortLeases,
  WORKER_CONCURRENCY: '20',
  LOG_LEVEL: 'info',
};

const start = ({ path }: Disk): Promise<RunningEntry> => startEntry('start', { env: { ...settings, DATA_DIR: path } });

/** As a shell sees it, while it runs or not. */
function tableIn({ path }: Disk): readonly Job[] {
  return Array.from(exportRecords(join(path, 'jobs.sqlite'))).flatMap((record) => ('job' in record ? [record.job] : []));
}

const command = (disk: Disk, name: string, file: string) =>
  run(process.execPath, ['runtime/dataMain.ts', name, file], { cwd: root, env: { PATH: process.env['PATH'], DATA_DIR: disk.path } });

/** Hands in jobs and watches each of them, wherever the process is by then, until it is stopped. */
function openClients(url: () => string, chance: () => number) {
  const accepted: CreateAnswer[] = [];
  const watchers: ApiWatching[] = [];
  let isOver = false;
  async function client(number: number): Promise<void> {
    for (let index = 0; !isOver; index += 1) {
      // Without an answer it tries again with the same key: that makes one job.
      const input = { idempotencyKey: `${number}-${index}`, params: { durationMs: Math.floor(chance() * 200) } };
      for (let answer: CreateAnswer | undefined; answer === undefined && !isOver;) {
        answer = await createOver(url(), input).catch(() => undefined);
        if (answer === undefined) await sleep(20);
        else {
          accepted.push(answer);
          watchers.push(watchOver(url, answer.jobId));
        }
      }
      await sleep(10);
    }
  }
  const clients = Promise.all(Array.from({ length: 4 }, (_, number) => client(number)));
  return {
    accepted,
    watchers,
    async stop() {
      isOver = true;
      await clients;
    },
  };
}

test(
  'killed, paused and ended, again and again, under watchers of jobs and of their owner: its history holds',
  { timeout: isLong ? 1_800_000 : 120_000 },
  async (context) => {
    await using disk = await openFolder();
    const chance = createChance(context);
    let entry = await start(disk);
    try {
      let url = await urlOf(entry, 'start');
      const clients = openClients(() => url, chance);
      await using ofOwner = watchOwnerOver(() => url);
      for (let life = 0; life < (isLong ? 50 : 4); life += 1) {
        const known = clients.accepted.length;
        await expect.poll(() => clients.accepted.length, { timeout: 20_000 }).toBeGreaterThan(known + 10 + Math.floor(chance() * 20));
        entry = await interrupt(entry, interruptions[life % interruptions.length] ?? 'killed', () => start(disk));
        url = await urlOf(entry, 'start');
      }
      await clients.stop();
      await Promise.all(clients.watchers.map(({ done }) => done));
      const missed = () => {
        const last = ofOwner.watchers().at(-1);
        return last === undefined ? ['nobody watches'] : missedByOwner(last, tableIn(disk));
      };
      await expect.poll(missed, { timeout: 20_000 }).toEqual([]);
      const { accepted, watchers } = clients;
      const history = { accepted, watchers, ownerWatchers: ofOwner.watchers(), table: tableIn(disk) };
      expect(checkHistory(history)).toEqual([]);
      expect(history.table.length).toBeGreaterThanOrEqual(accepted.length);
      expect(watchers.map(({ end }) => end)).toEqual(watchers.map(() => 'completed'));
      expect(history.ownerWatchers.length).toBeGreaterThan(1);
      process.stderr.write(`${accepted.length} jobs, ${history.ownerWatchers.length} beginnings of the owner's watcher\n`);
    } finally {
      await entry.kill();
    }
  },
);

test('backed up while it works, killed, and put back in another folder: every job of the backup is there and ends', async (context) => {
  await using disk = await openFolder();
  await using other = await openFolder();
  const backup = join(other.path, 'backup.sqlite');
  const chance = createChance(context);
  let before: readonly CreateAnswer[];
  {
    await using entry = await start(disk);
    const url = await urlOf(entry, 'start');
    const clients = openClients(() => url, chance);
    await expect.poll(() => clients.accepted.length, { timeout: 20_000 }).toBeGreaterThan(50);
    before = [...clients.accepted];
    await command(disk, 'backup', backup);
    await clients.stop();
    await Promise.all(clients.watchers.map(({ done }) => done));
  }
  await command(other, 'restore', backup);
  await using entry = await start(other);
  const url = await urlOf(entry, 'start');
  const ids = new Set(tableIn(other).map(({ jobId }) => jobId));
  expect(before.filter(({ jobId }) => !ids.has(jobId))).toEqual([]);
  const watchers = Array.from(ids, (jobId) => watchOver(() => url, jobId));
  await Promise.all(watchers.map(({ done }) => done));
  // The keys were in the backup too: one of them names its job, even where the payload is another.
  const again = await createOver(url, { idempotencyKey: '0-0', params: { durationMs: 999 } });
  expect(again).toMatchObject({
    jobId: before.find(({ idempotencyKey }) => idempotencyKey === '0-0')?.jobId,
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  expect(checkHistory({ accepted: before, watchers, table: tableIn(other) })).toEqual([]);
});
