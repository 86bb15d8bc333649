/** Very many jobs that begin far ahead: they cost no reads until then. A million in the long form (`FAULTS=long`). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { openForWriting } from '../../core/table/sqlite/database.ts';
import { rowOf } from '../../core/table/sqlite/change.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { wakeDue } from '../../core/usecases/wakeDue.ts';
import { makeJob } from '../support/jobFactory.ts';
import { simulatedCore } from '../simulation/simulatedCore.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

const later = process.env['FAULTS'] === 'long' ? 1_000_000 : 50_000;
const minuteMs = 60_000;

test(`of ${later} jobs that begin later the sweeper reads none, and the timer those that are near`, { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-'));
  const file = join(folder, 'jobs.sqlite');
  const now = Date.now();
  fill(file, now);
  const table = await openSqliteTable({ file, jobTtlDays: 30, clock: systemClock });
  const [reads, sent] = [new Map<string, number>(), new Set<string>()];
  const count = (what: string, many: number): void => void reads.set(what, (reads.get(what) ?? 0) + many);
  const counted: typeof table = {
    ...table,
    async listPlaced(query) {
      const page = await table.listPlaced(query);
      count(`listed ${query.place}`, page.jobs.length);
      return page;
    },
    getMany(jobIds, signal) {
      count('records', jobIds.length);
      return table.getMany(jobIds, signal);
    },
  };
  const core = simulatedCore(
    {
      table: counted,
      clock: systemClock,
      newJobId: () => '',
      queues: sendOnlyQueues((_priority, { jobId }) => Promise.resolve(void sent.add(jobId))),
    },
    { sweepIntervalSeconds: 60, sweepAfterSeconds: 30, sweepReadsPerMinute: 10_000 },
  );

  // The first run leaves them to workers that hold claims.
  for (let run = 0; run < 3; run += 1) await sweepJobs(core);
  expect(Object.fromEntries(reads)).toEqual({ 'listed open': 0 });
  // The process that begins anew queues none of them either.
  expect(await table.listQueued({ before: '~', limit: 10 })).toEqual([]);

  const began = performance.now();
  expect(await wakeDue(core)).toEqual({ woken: 250, failed: 0 });
  const tookMs = performance.now() - began;
  expect(sent.size).toBe(250);
  expect(Object.fromEntries(reads)).toEqual({ 'listed open': 0, 'listed due': 250, records: 250 });
  expect(await wakeDue(core)).toEqual({ woken: 0, failed: 0 });
  process.stdout.write(`later: ${later} jobs parked, 250 of them near woken in ${Math.round(tookMs)} ms\n`);
  await table.close();
  await rm(folder, { recursive: true });
});

/** 250 begin within the next minutes, the others after. */
function fill(file: string, now: number): void {
  const database = openForWriting(file);
  const insert = database.prepare(
    'INSERT INTO jobs (jobId, owner, type, outcome, partition, sort, expiresAt, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  database.exec('BEGIN');
  for (let number = 0; number < later; number += 1) {
    const until = number % (later / 250) === 0 ? now + minuteMs + number / (later / 250) : now + 20 * minuteMs + number * 100;
    const job = makeJob({ createdAt: now - 86_400_000, dueAt: until, runAt: until, waiting: { reason: 'RUN_AT', until } });
    const { jobId, owner, type, outcome, partition, sort, expiresAt, record } = rowOf(job);
    insert.run(jobId, owner, type, outcome, partition, sort, expiresAt, record);
  }
  database.exec('COMMIT');
  database.close();
}
