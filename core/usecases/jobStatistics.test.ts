import { encodeTime } from 'ulid';
import { afterAll, describe, expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { systemClock } from '../clock.ts';
import type { Job, JobStatus } from '../job.ts';
import { inMemory } from '../table/sqlite/database.ts';
import { openSqliteTable } from '../table/sqlite/table.ts';
import { groupErrors } from './errorGroups.ts';
import { jobStatistics } from './jobStatistics.ts';
import { listJobs } from './listJobs.ts';
import { waitingLongest } from './waitingLongest.ts';

const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: systemClock });
afterAll(() => table.close());

const minute = 60_000;
// Read once: two readings may be a millisecond apart.
const begunAt = Date.now();
let made = 0;

async function add(owner: string, agoMs: number, changes: Partial<Job> = {}): Promise<Job> {
  const createdAt = begunAt - agoMs;
  made += 1;
  const jobId = `${encodeTime(createdAt, 10)}${made.toString().padStart(16, '0')}`;
  const history = [{ version: 1, status: 'PENDING' as JobStatus, at: createdAt, attempt: 0 }];
  const { job } = await table.create(makeJob({ owner, jobId, createdAt, history, ...changes }));
  if (job === undefined) throw new Error('not created');
  return job;
}

/** Waited and ran so long. */
const ended = (agoMs: number, { waitMs, runMs, status = 'SUCCEEDED' }: { waitMs: number; runMs: number; status?: JobStatus }) => {
  const startedAt = begunAt - agoMs + waitMs;
  return { status, startedAt, finishedAt: startedAt + runMs };
};
const failure = (message: string, at: number) =>
  ({ status: 'FAILED_FINAL', error: { code: 'PERMANENT', message, attempt: 1, at } }) as const;

describe('the statistics of job types', () => {
  test('count what was handed in within the window and how it ended, for each type and owner separately', async () => {
    const [owner, other] = ['counted', 'other'];
    await add(owner, 30 * minute, ended(30 * minute, { waitMs: 1000, runMs: 5000 }));
    await add(owner, 20 * minute, ended(20 * minute, { waitMs: 3000, runMs: 15_000, status: 'FAILED_FINAL' }));
    await add(owner, 10 * minute);
    await add(owner, 5 * minute, { type: 'transform_data' });
    await add(owner, 120 * minute, ended(120 * minute, { waitMs: 0, runMs: 1 }));
    await add(other, 5 * minute);
    const hour = await jobStatistics({ table }, { owner, window: 'HOUR' });
    expect(hour?.get('simulate_work')).toMatchObject({ created: 3, succeeded: 1, failed: 1, sampled: 2, isEstimated: false });
    expect(hour?.get('simulate_work')?.wait).toEqual({ p50: 1000, p95: 3000 });
    expect(hour?.get('simulate_work')?.run).toEqual({ p50: 5000, p95: 15_000 });
    expect(hour?.get('transform_data')).toMatchObject({ created: 1, succeeded: 0, failed: 0, sampled: 0, wait: undefined, run: undefined });
    const slices = hour?.get('simulate_work')?.slices ?? [];
    expect(slices.length).toBe(12);
    expect(slices.reduce((sum, { created }) => sum + created, 0)).toBe(3);
    const day = await jobStatistics({ table }, { owner, window: 'DAY' });
    expect(day?.get('simulate_work')).toMatchObject({ created: 4, succeeded: 2, failed: 1 });
    expect((await jobStatistics({ table }, { owner: undefined, window: 'HOUR' }))?.get('simulate_work')?.created).toBeGreaterThanOrEqual(4);
    expect((await jobStatistics({ table }, { owner: 'nobody', window: 'DAY' }))?.size).toBe(0);
  });

  test('do not count a requested delay, or a retry, as a wait', async () => {
    const owner = 'delayed';
    const startedAt = Date.now() - minute;
    const done = { status: 'SUCCEEDED', startedAt, finishedAt: startedAt + 10 } as const;
    await add(owner, 20 * minute, { ...done, dueAt: startedAt - 500 });
    await add(owner, 20 * minute, { ...done, runAt: startedAt - 700, dueAt: startedAt + 9 });
    await add(owner, 20 * minute, { ...done, generation: 2 });
    const found = await jobStatistics({ table }, { owner, window: 'HOUR' });
    expect(found?.get('simulate_work')).toMatchObject({ sampled: 3, wait: { p50: 500, p95: 700 } });
  });

  test('are estimated from the newest jobs of each slice where there are too many, read no more, and say so', async () => {
    const sliceMs = 5 * minute;
    const now = Date.now();
    const read = { rows: 0, records: 0 };
    const found = await jobStatistics(
      {
        table: {
          ...table,
          // One per millisecond; every tenth failed.
          surveyOwned: ({ below, limit }) => {
            const end = below === undefined ? now : now - 1;
            read.rows += limit;
            return Promise.resolve(
              Array.from({ length: limit }, (_, index) => ({
                jobId: `${encodeTime(end - index, 10)}${'0'.repeat(16)}`,
                type: 'simulate_work',
                outcome: index % 10 === 0 ? ('FAILED_FINAL' as const) : ('SUCCEEDED' as const),
              })),
            );
          },
          getMany: (jobIds) => {
            read.records += jobIds.length;
            return Promise.resolve(jobIds.map(() => undefined));
          },
        },
      },
      { owner: 'many', window: 'HOUR' },
    );
    const { isEstimated = false, slices = [], created = 0, failed = 0 } = found?.get('simulate_work') ?? {};
    expect(isEstimated).toBe(true);
    const last = slices.at(-1)?.created ?? 0;
    expect(last).toBeGreaterThan(0.8 * sliceMs);
    expect(last).toBeLessThan(1.2 * sliceMs);
    expect(failed / created).toBeCloseTo(0.1, 2);
    expect(read.rows).toBe(12_000);
    expect(read.records).toBeLessThanOrEqual(500);
  });
});

describe('the job that waits longest', () => {
  test('is found for each type; jobs that begin later, run or have ended do not count', async () => {
    const owner = 'waits';
    await add(owner, 90 * minute, ended(90 * minute, { waitMs: 0, runMs: 1 }));
    await add(owner, 80 * minute, { dueAt: Date.now() + minute });
    await add(owner, 70 * minute, { status: 'PROCESSING' });
    // Older, but given back only recently.
    await add(owner, 60 * minute, { history: [{ version: 3, status: 'PENDING', at: Date.now() - minute, attempt: 1 }] });
    const longest = await add(owner, 50 * minute);
    await add(owner, 5 * minute);
    const transform = await add(owner, 4 * minute, { type: 'transform_data' });
    const parked = await add('someone else', 300 * minute, {
      type: 'parked',
      waiting: { reason: 'PAUSED', for: '["type","parked"]' },
    });
    const core = { table, log: silentLog };
    const types = ['simulate_work', 'transform_data', 'parked', 'none'];
    const own = await waitingLongest(core, { owner, types });
    expect([...own].map(([type, { job }]) => [type, job.jobId])).toEqual([
      ['simulate_work', longest.jobId],
      ['transform_data', transform.jobId],
    ]);
    expect(own.get('simulate_work')?.since).toBe(longest.createdAt);
    expect((await waitingLongest(core, { owner: undefined, types })).get('parked')?.job.jobId).toBe(parked.jobId);
  });
});

describe('the groups of errors', () => {
  test('combine failures of a kind, the kind with most jobs first, and their fingerprint finds their jobs', async () => {
    const owner = 'fails';
    const now = Date.now();
    for (let index = 0; index < 3; index += 1) await add(owner, (3 - index) * minute, failure(`No file “${index}.csv”`, now + index));
    await add(owner, minute, failure('Out of memory', now));
    await add(owner, minute, { type: 'transform_data', ...failure('Out of memory', now - 1) });
    await add(owner, minute, { status: 'SUCCEEDED' });
    await add('else', minute, failure('Out of memory', now));
    const { groups, looked, isComplete } = await groupErrors({ table }, { owner });
    expect(groups.map(({ type, message, count }) => [type, message, count])).toEqual([
      ['simulate_work', 'No file “…”', 3],
      ['simulate_work', 'Out of memory', 1],
      ['transform_data', 'Out of memory', 1],
    ]);
    expect(groups[0]).toMatchObject({ firstSeenAt: now, lastSeenAt: now + 2, lastJob: { error: { message: 'No file “2.csv”' } } });
    expect([looked, isComplete]).toEqual([5, true]);
    const page = await listJobs({ table }, { owner, filter: { errorFingerprint: groups[0]?.fingerprint } });
    expect(page.edges.map(({ job }) => job.error?.message)).toEqual(['No file “2.csv”', 'No file “1.csv”', 'No file “0.csv”']);
    const all = await groupErrors({ table }, { owner: undefined });
    expect(all.groups.find(({ message, type }) => message === 'Out of memory' && type === 'simulate_work')?.count).toBe(2);
    const recent = await groupErrors({ table }, { owner, filter: { createdAfter: now - 1.5 * minute } });
    expect(recent.looked).toBe(3);
  });
});
