/** The record decides: messages, clocks and outages are hints, and none of them ends a job or starts it too early. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Job } from '../../core/job.ts';
import type { JobMessage } from '../../core/queue/message.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, owner, type Actor, type Stage } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

const messageOf = ({ jobId, generation, version, traceId, type, createdAt }: Job): JobMessage => ({
  jobId,
  generation,
  version,
  traceId,
  type,
  createdAt,
});

/** Resolves when a worker of this stage has written the job into this status, once more than now. */
async function becomes(stage: Stage, jobId: string, status: Job['status']): Promise<void> {
  const times = (): number => stage.writes.filter((write) => write.jobId === jobId && write.isTransition && write.status === status).length;
  const before = times();
  await expect.poll(times, { timeout: 30_000, interval: 20 }).toBeGreaterThan(before);
}

test('graceful stops during one long job count nothing: it goes on until it ends by itself', { timeout: 240_000 }, async (context) => {
  await using stage = await openStage(context, { env: { SHUTDOWN_GRACE_SECONDS: '0', VISIBILITY_TIMEOUT_SECONDS: '10' } });
  await stage.start('lambdas');
  const job = await stage.create({ params: { durationMs: 3000 } });
  const watching = stage.watch(job.jobId);
  for (let stops = 0; stops < 4; stops += 1) {
    const claimed = becomes(stage, job.jobId, 'PROCESSING');
    const worker = await stage.start('worker');
    await claimed;
    worker.signal('SIGTERM');
    expect(await worker.exited()).toBe(0);
  }
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', failures: 0, losses: 0 });
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a message that is delivered twice takes nothing from the budget, and starts no attempt before it is due', async (context) => {
  // A lease that even a busy machine can renew: a worker that cannot would count as a loss.
  const env = { BACKOFF_BASE_MS: '1500', BACKOFF_MAX_MS: '1500', ATTEMPTS_PER_RECEIVE: '2', VISIBILITY_TIMEOUT_SECONDS: '10' };
  await using stage = await openStage(context, { env });
  await stage.start('lambdas');
  const job = await stage.create({ params: { durationMs: 100, failAttempts: 4 } });
  await stage.core.queues.send(job.priority, messageOf(job), 0);
  const watching = stage.watch(job.jobId);
  await stage.start('worker');
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', attempt: 5 });
  const ended = await stage.core.table.get(job.jobId);
  expect(ended).toMatchObject({ failures: 4, losses: 0, attempts: 5 });
  expect(startsTooEarly(ended, 750)).toEqual([]);
  expect(checkHistory(await stage.history())).toEqual([]);
});

/** Claims that followed a failure sooner than its shortest wait. */
function startsTooEarly(job: Job | undefined, shortestMs: number): readonly number[] {
  const waits = (job?.history ?? []).flatMap(({ status, at }, index, history) => {
    const before = history[index - 1];
    return status === 'PROCESSING' && before?.error !== undefined ? [at - before.at] : [];
  });
  return waits.filter((waitedMs) => waitedMs < shortestMs);
}

test('no attempt begins before its due time, whichever message comes: a sweep’s, a copy’s or its own', async (context) => {
  const env = { BACKOFF_BASE_MS: '8000', BACKOFF_MAX_MS: '8000', ATTEMPTS_PER_RECEIVE: '1', SWEEP_AFTER_SECONDS: '1' };
  await using stage = await openStage(context, { env });
  await stage.start('lambdas');
  await stage.start('worker');
  const job = await stage.create({ params: { failAttempts: 1 } });
  const watching = stage.watch(job.jobId);
  await becomes(stage, job.jobId, 'PENDING');
  await stage.core.queues.send(job.priority, messageOf(job), 0);
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(startsTooEarly(await stage.core.table.get(job.jobId), 4000)).toEqual([]);
  expect(checkHistory(await stage.history())).toEqual([]);
});

async function receivesWithin({ queues }: Actor, ms: number): Promise<number> {
  let receives = 0;
  queues.observe(({ operation }) => {
    if (operation === 'ReceiveMessage') receives += 1;
  });
  await sleep(ms);
  return receives;
}

test('a table that is away for longer than a lease ends no job: the worker waits for it, and continues by itself', async (context) => {
  await using stage = await openStage(context, { env: { RECEIVE_WAIT_SECONDS: '0' } });
  await stage.start('lambdas');
  const worker = await stage.start('worker');
  const jobs = await Promise.all(Array.from({ length: 40 }, () => stage.create({ params: { durationMs: 500 } })));
  const watchings = jobs.map(({ jobId }) => stage.watch(jobId));
  await expect.poll(() => stage.writes.some(({ status }) => status === 'PROCESSING'), { timeout: 30_000, interval: 20 }).toBe(true);
  await worker.tableLink.weather({ kind: 'down' });
  await worker.said(/nothing is received until it does/);
  // Receives under way end; then there is none.
  await sleep(1000);
  expect(await receivesWithin(worker, 4000)).toBe(0);
  await worker.tableLink.weather({ kind: 'fair' });
  await worker.said(/the table answers again/);
  const ends = await Promise.all(watchings.map(({ done }) => done));
  expect(ends.map((event) => event?.status)).toEqual(ends.map(() => 'SUCCEEDED'));
  const history = await stage.history();
  expect(checkHistory(history)).toEqual([]);
  expect(history.table.filter(({ failures }) => failures > 0)).toEqual([]);
});

test('a result that is ready is written until the table takes it, though a cancel came', async (context) => {
  await using stage = await openStage(context, { env: { VISIBILITY_TIMEOUT_SECONDS: '4' } });
  const worker = await stage.start('worker');
  const held = worker.table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED'));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  await held;
  await worker.tableLink.weather({ kind: 'down' });
  expect(await cancelJob(stage.core, { owner, jobId: job.jobId })).toMatchObject({ status: 'PROCESSING', cancelRequested: true });
  await worker.said(/the outcome could not be written; trying again/);
  await worker.tableLink.weather({ kind: 'fair' });
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('an end whose answer was lost is published by the process that learns of it, though there is no relay', async (context) => {
  await using stage = await openStage(context);
  const worker = await stage.start('worker');
  const held = worker.table.hold('after', 'UpdateItem', setsStatus('SUCCEEDED'));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  await held;
  await worker.tableLink.weather({ kind: 'down' });
  // Longer than the lease, which is two seconds.
  await sleep(4000);
  await worker.tableLink.weather({ kind: 'fair' });
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a claim whose answer was lost is asked for until it is known, and counts no loss', async (context) => {
  await using stage = await openStage(context, { env: { VISIBILITY_TIMEOUT_SECONDS: '20' } });
  const worker = await stage.start('worker');
  const held = worker.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  await held;
  await worker.tableLink.weather({ kind: 'down' });
  await worker.said(/nothing is received until it does/);
  await worker.tableLink.weather({ kind: 'fair' });
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ attempts: 1, losses: 0 });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a worker exits with its grace and no more, and says nothing of attempts that have ended', async (context) => {
  await using stage = await openStage(context, { env: { SHUTDOWN_GRACE_SECONDS: '3', VISIBILITY_TIMEOUT_SECONDS: '60' } });
  const worker = await stage.start('worker');
  const long = await stage.create({ params: { durationMs: 60_000 } });
  const short = await Promise.all(Array.from({ length: 40 }, () => stage.create({ params: { durationMs: 50 } })));
  await Promise.all(short.map(({ jobId }) => stage.watch(jobId).done));
  await expect.poll(async () => (await stage.core.table.get(long.jobId))?.status, { timeout: 20_000 }).toBe('PROCESSING');
  const told = Date.now();
  worker.signal('SIGTERM');
  expect(await worker.exited()).toBe(0);
  expect(Date.now() - told).toBeLessThan(30_000);
  expect(worker.logs()).not.toMatch(/ignores its signal/);
  expect(await stage.core.table.get(long.jobId)).toMatchObject({ status: 'PENDING', failures: 0 });
});
