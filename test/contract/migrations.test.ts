/** Files of the embedded table that released versions wrote: opened, brought to the present schema, and used. */
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { exactly, systemClock } from '../../core/clock.ts';
import { defineEntryKind } from '../../core/table/entries.ts';
import { inMemory, openForWriting } from '../../core/table/sqlite/database.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { fixtureEntry, fixtureJobs, fixtureLock, fixturePayload, schemaOf } from '../support/tableFixture.ts';

const kind = defineEntryKind('fixture', z.object({ text: z.string() }));
const fixtures = globSync('fixtures/jobsOfVersion*.sql', { cwd: import.meta.dirname });

async function fileOf(fixture: string) {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-fixture-'));
  const file = join(folder, 'jobs.sqlite');
  const database = new DatabaseSync(file);
  database.exec(readFileSync(join(import.meta.dirname, fixture), 'utf8'));
  database.close();
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('each version has a fixture', () => {
  const present = openForWriting(inMemory);
  const version = Number(present.prepare('PRAGMA user_version').get()?.['user_version']);
  const known = fixtures.map((path) => Number(/\d+/.exec(basename(path))?.[0])).toSorted((a, b) => a - b);
  expect(known).toEqual(Array.from({ length: version }, (_, index) => index + 1));
  present.close();
});

test.each(fixtures)('%s has the schema of a new file once it was opened, and every record reads and goes on', async (fixture) => {
  await using old = await fileOf(fixture);
  const table = await openSqliteTable({ file: old.file, jobTtlDays: 30, clock: systemClock });
  // Nothing reads the hash that these versions kept.
  const kept = fixtureJobs.map((job) => ({ ...job, payloadHash: 'hash' }));
  expect(await table.getMany(fixtureJobs.map(({ jobId }) => jobId))).toEqual(kept.map((job) => JSON.parse(JSON.stringify(job)) as unknown));
  const { owner, key, lock } = fixtureLock;
  expect(await table.readLock(owner, key)).toEqual(lock);
  expect(await table.readPayloads([fixturePayload.key])).toEqual([fixturePayload.value]);

  // Version 1 has no entries.
  const isKept = !fixture.endsWith('Version1.sql');
  const page = await table.entries.list(kind, { place: fixtureEntry.place.place, limit: 10 });
  expect(page.entries.map(({ value }) => value)).toEqual(isKept ? [JSON.parse(fixtureEntry.json)] : []);

  const idsOf = (jobs: typeof fixtureJobs) => jobs.map(({ jobId }) => jobId);
  const open = fixtureJobs.filter(({ finishedAt }) => finishedAt === undefined);
  expect((await table.listPlaced({ place: 'open', limit: 100 })).jobs.map(({ jobId }) => jobId)).toEqual(idsOf(open));
  expect((await table.listQueued({ before: '~', limit: 100 })).map(({ jobId }) => jobId)).toEqual(idsOf(open));
  for (const owner of new Set(fixtureJobs.map((job) => job.owner))) {
    const own = fixtureJobs.filter((job) => job.owner === owner);
    expect(await table.listOwned({ owner, newestFirst: false, limit: 100 })).toEqual(idsOf(own));
    expect(await table.listOwned({ owner, type: ['simulate_work'], newestFirst: true, limit: 100 })).toEqual(idsOf(own).toReversed());
  }

  const ended = fixtureJobs.filter(({ status }) => status === 'FAILED_FINAL');
  expect((await table.listPlaced({ place: 'FAILED_FINAL', limit: 100 })).jobs.map(({ jobId }) => jobId)).toEqual(idsOf(ended));
  const ofOwner = { owner: 'owner-1', newestFirst: false, limit: 100 };
  const own = fixtureJobs.filter(({ owner }) => owner === 'owner-1');
  const running = idsOf(own.filter(({ status }) => status === 'PROCESSING'));
  expect(await table.listOwned({ ...ofOwner, status: ['PROCESSING'] })).toEqual(running);
  const failing = idsOf(own.filter(({ error }) => error !== undefined));
  expect(await table.listOwned({ ...ofOwner, errorCode: 'HANDLER_FAILED' })).toEqual(failing);

  await table.endLeases();
  const [first] = open;
  if (first === undefined) throw new Error('the fixture has no open job');
  const now = exactly(Date.now());
  const cancelled = await table.transition('cancel', first.jobId, { facts: { now, version: first.version }, attempt: 0 });
  expect(cancelled).toMatchObject({ ok: true, job: { version: first.version + 1 } });
  await table.close();

  const [migrated, fresh] = [new DatabaseSync(old.file), openForWriting(inMemory)];
  const plain = (sql: string): string => sql.replaceAll(/\s+/g, ' ');
  expect(schemaOf(migrated).map(plain)).toEqual(schemaOf(fresh).map(plain));
  expect(migrated.prepare('PRAGMA user_version').get()).toEqual(fresh.prepare('PRAGMA user_version').get());
  migrated.close();
  fresh.close();
});
