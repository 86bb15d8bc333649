/** The embedded engine with a table that has grown: more open and ended jobs than fit into memory at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { cpuMs } from '../support/cpuOf.ts';
import { fillId, fillTable } from '../support/fillTable.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { residentMegabytes } from '../support/memoryOf.ts';
import { startEntry, urlOf } from '../support/processes.ts';
import { createOver, watchOver } from './apiClient.ts';

const isLong = process.env['FAULTS'] === 'long';
const jobs = isLong ? 1_000_000 : 50_000;
const timeout = isLong ? 600_000 : 120_000;
/** An empty table takes one to two seconds; reading a million jobs takes many. */
const maxStartCpuMs = 5000;

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-many-'));
  return { path, file: join(path, 'jobs.sqlite'), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const mine = { owner: 'anonymous', params: inline({ durationMs: 0 }) } as const;
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
const ended = (expiresAt: number) => makeJob({ ...mine, status: 'SUCCEEDED', version: 3, finishedAt: Date.now(), expiresAt });

const listed = z.object({ data: z.object({ jobs: z.object({ edges: z.array(z.object({ node: z.object({ jobId: z.string() }) })) }) }) });

async function list(url: string, filter = ''): Promise<readonly string[]> {
  const body = JSON.stringify({ query: `{ jobs${filter} { edges { node { jobId } } } }` });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return listed.parse(await response.json()).data.jobs.edges.map(({ node }) => node.jobId);
}

test(`${jobs.toLocaleString('en-US')} ended jobs: it starts as soon, lists as fast and holds as little`, { timeout }, async () => {
  await using folder = await openFolder();
  fillTable({ file: folder.file, jobs, like: ended(inSeconds(86_400)) });
  await using entry = await startEntry('start', { env: { DATA_DIR: folder.path } });
  expect(await cpuMs(entry.pid)).toBeLessThan(maxStartCpuMs);
  const url = await urlOf(entry, 'start');
  for (const filter of ['', '(filter: { status: [SUCCEEDED], type: ["simulate_work"] })', '(filter: { status: [FAILED_FINAL] })']) {
    const found = await list(url, filter);
    expect(found[0]).toBe(filter.includes('FAILED') ? undefined : fillId('A', jobs - 1));
    const before = await cpuMs(entry.pid);
    await list(url, filter);
    // No longer than an answer takes: reading all of them would take seconds.
    expect((await cpuMs(entry.pid)) - before).toBeLessThan(500);
  }
  const { jobId } = await createOver(url, { params: { durationMs: 0 } });
  const watching = watchOver(() => url, jobId);
  await watching.done;
  expect(watching.events.at(-1)?.status).toBe('SUCCEEDED');
  expect(await residentMegabytes(entry.pid)).toBeLessThan(400);
});

test(`${jobs.toLocaleString('en-US')} open jobs that are due later keep neither a start, a new job nor memory`, { timeout }, async () => {
  await using folder = await openFolder();
  fillTable({ file: folder.file, jobs, like: makeJob({ ...mine, dueAt: Date.now() + 3_600_000 }) });
  // Behind all of them: a reader of only as many as have room never reaches these.
  fillTable({ file: folder.file, jobs: 100, like: makeJob(mine), prefix: 'B' });
  await using entry = await startEntry('start', { env: { DATA_DIR: folder.path, WORKER_CONCURRENCY: '20' } });
  expect(await cpuMs(entry.pid)).toBeLessThan(maxStartCpuMs);
  const url = await urlOf(entry, 'start');
  const { jobId } = await createOver(url, { params: { durationMs: 0 } });
  const watchers = [jobId, ...Array.from({ length: 100 }, (_, index) => fillId('B', index))].map((one) => watchOver(() => url, one));
  await Promise.all(watchers.map(({ done }) => done));
  expect(new Set(watchers.map(({ events }) => events.at(-1)?.status))).toEqual(new Set(['SUCCEEDED']));
  await entry.said(/jobs in the table were queued/, timeout / 2);
  const megabytes = await residentMegabytes(entry.pid);
  expect(megabytes).toBeLessThan(450);
});

test('more open jobs than the queues have room for all end', { timeout }, async () => {
  await using folder = await openFolder();
  // A queue has room for about half of them.
  const count = isLong ? 100_000 : 30_000;
  fillTable({ file: folder.file, jobs: count, like: makeJob(mine) });
  await using _entry = await startEntry('start', {
    env: { DATA_DIR: folder.path, WORKER_CONCURRENCY: '100', SWEEP_INTERVAL_SECONDS: '3600' },
  });
  const database = new DatabaseSync(folder.file, { readOnly: true });
  const open = database.prepare("SELECT count(*) AS jobs FROM jobs WHERE partition = 'open'");
  await expect.poll(() => open.get()?.['jobs'], { timeout: timeout - 10_000, interval: 500 }).toBe(0);
  const outcomes = database.prepare('SELECT outcome, count(*) AS jobs FROM jobs GROUP BY outcome').all();
  database.close();
  expect(outcomes).toEqual([{ outcome: 'SUCCEEDED', jobs: count }]);
});

test(
  `${jobs.toLocaleString('en-US')} expired jobs are deleted while others are written and read: neither waits long`,
  { timeout },
  async () => {
    await using folder = await openFolder();
    fillTable({ file: folder.file, jobs, like: ended(inSeconds(-60)) });
    fillTable({ file: folder.file, jobs: 10, like: ended(inSeconds(3600)), prefix: 'B' });
    const table = await openSqliteTable({ file: folder.file, jobTtlDays: 30, clock: systemClock });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    let isOver = false;
    const expiring = table.expire(Date.now()).finally(() => (isOver = true));
    const took: number[] = [];
    while (!isOver) {
      const askedAt = performance.now();
      const job = makeJob(mine);
      expect((await table.create(job)).ok).toBe(true);
      expect((await table.get(job.jobId))?.jobId).toBe(job.jobId);
      took.push(performance.now() - askedAt);
    }
    await expiring;
    delay.disable();
    expect(took.length).toBeGreaterThan(5);
    // A thousand at a time: a write waits for one such group, not for all of them.
    expect(took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.9)]).toBeLessThan(1000);
    expect(delay.max / 1e6).toBeLessThan(1000);
    expect(await table.get(fillId('A', 0))).toBeUndefined();
    expect(await table.get(fillId('A', jobs - 1))).toBeUndefined();
    expect((await table.get(fillId('B', 9)))?.jobId).toBe(fillId('B', 9));
    await table.close();
  },
);
