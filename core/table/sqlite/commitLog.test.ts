import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeJob } from '../../../test/support/jobFactory.ts';
import { rowOf } from './change.ts';
import { openCommitLog } from './commitLog.ts';
import { inMemory, openForWriting } from './database.ts';
import { createStore } from './store.ts';

const creation = () => ({ kind: 'create', row: rowOf(makeJob()) }) as const;

test('one sync brings all commits in the log to the disk, and reads need none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-log-'));
  const file = join(folder, 'jobs.sqlite');
  const database = openForWriting(file);
  const log = openCommitLog(database, file);
  onTestFinished(async () => {
    log?.close();
    database.close();
    await rm(folder, { recursive: true });
  });
  let syncs = 0;
  const sync = (): void => {
    log?.sync();
    syncs += 1;
  };
  const store = createStore(database, { sync });
  expect(log).toBeDefined();
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 1 });
  store.run([creation(), creation()]);
  store.run([creation()]);
  expect([store.isSynced, syncs]).toEqual([false, 0]);
  store.sync();
  expect([store.isSynced, syncs]).toEqual([true, 1]);
  store.run([{ kind: 'check' }]);
  store.sync();
  expect([store.isSynced, syncs]).toEqual([true, 1]);
});

test('after a sync that failed, the writes still count as unsynced', () => {
  const store = createStore(openForWriting(inMemory), {
    sync() {
      throw new Error('the disk is gone');
    },
  });
  store.run([creation()]);
  expect(() => store.sync()).toThrow('the disk is gone');
  expect(store.isSynced).toBe(false);
});

test('without a log, SQLite itself syncs each commit to the disk', () => {
  const database = openForWriting(inMemory);
  expect(openCommitLog(database, inMemory)).toBeUndefined();
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
});
