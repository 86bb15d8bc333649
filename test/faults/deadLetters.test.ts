/** Messages that SQS has given up on: their jobs end with a reason, once, and only in their own generation. */
import { expect, test } from 'vitest';
import { maxLosses, type Job } from '../../core/job.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { deadLetterJob } from '../../core/usecases/deadLetterJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, owner, type Stage } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };

test('a job that kills each of its workers ends FAILED_FINAL after three of them, with a reason', async (context) => {
  await using stage = await openStage(context);
  await stage.start('lambdas');
  const job = await stage.create({ params: { durationMs: 60_000, steps: 600 } });
  const watching = stage.watch(job.jobId);
  for (let losses = 0; losses < maxLosses; losses += 1) {
    const worker = await stage.start('worker');
    // It runs: its handler reports progress.
    await worker.redis.hold((text) => text.includes('"progress"'));
    await worker.kill();
  }
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'FAILED_FINAL' });
  expect(await stage.core.table.get(job.jobId)).toMatchObject({
    error: { code: 'WORKERS_LOST' },
    failures: 0,
    losses: maxLosses,
    attempts: 3,
  });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a dead letter ends only what has used up its budget, once, and only in its own generation', async (context) => {
  await using stage = await openStage(context);
  const job = await stage.create({ delaySeconds: 60 });
  const letter = { jobId: job.jobId, generation: 1, version: 1, traceId: '' };
  expect(await deadLetterJob(stage.core, letter)).toBe('sentAnew');
  expect(await stage.core.table.get(job.jobId)).toEqual(job);
  const spent = await useUpBudget(stage);
  const its = { ...letter, jobId: spent.jobId };
  expect(await deadLetterJob(stage.core, its)).toBe('ended');
  const ended = await stage.core.table.get(spent.jobId);
  expect(ended).toMatchObject({ status: 'FAILED_FINAL', error: { code: 'ATTEMPT_FAILED' } });
  expect(await deadLetterJob(stage.core, its)).toBe('over');
  expect(await stage.core.table.get(spent.jobId)).toEqual(ended);
  const retried = await retryJob(stage.core, { owner, jobId: spent.jobId });
  expect(await deadLetterJob(stage.core, its)).toBe('over');
  expect(await stage.core.table.get(spent.jobId)).toMatchObject({ status: 'PENDING', generation: 2, version: retried.version });
});

/** A job that has failed as often as it may, and waits for somebody to say so. */
async function useUpBudget(stage: Stage): Promise<Job> {
  const job = await stage.create({ params: { failAttempts: 9 } });
  const now = await stage.core.table.time();
  const claim = { id: 'claim', expiresAt: now.high + 60_000 };
  const claimed = await transitionJob(stage.core, 'claim', job, { facts: { now }, changes: { claim, attempts: 1 } });
  if (!claimed.ok) throw new Error('the job was not claimed');
  const error = { code: 'ATTEMPT_FAILED', message: 'It failed.', attempt: 1, at: now.at };
  const released = await transitionJob(stage.core, 'release', claimed.job, {
    facts: { now, claimId: claim.id },
    error,
    changes: { failures: job.maxFailures },
  });
  if (!released.ok) throw new Error('the job was not released');
  return released.job;
}

/** A dead letter of the job, as SQS would move it. */
async function useUpReceives(stage: Stage): Promise<void> {
  for (let receives = 0; receives < stage.config.maxReceiveCount; receives += 1) {
    const [message] = await stage.core.queues.receive('NORMAL', { max: 1, waitSeconds: 10 });
    if (message === undefined) throw new Error('the message did not come');
    await stage.core.queues.setVisibility(message, 0);
  }
  // Moved at the next receive.
  expect(await stage.core.queues.receive('NORMAL', { max: 1, waitSeconds: 0 })).toEqual([]);
}

const moments = [
  { name: 'before its write', point: 'before' },
  { name: 'between its write and the end of the dead letter', point: 'after' },
] as const;

test.for(moments)('a dead-letter handler killed $name is run again, and the job ends once', async ({ point }, context) => {
  await using stage = await openStage(context);
  const first = await stage.start('lambdas');
  const reached = first.table.hold(point, 'UpdateItem', setsStatus('FAILED_FINAL'));
  const job = await useUpBudget(stage);
  await useUpReceives(stage);
  await reached;
  await first.kill();
  await stage.start('lambdas');
  await expect.poll(() => stage.core.queues.depth('DEAD_LETTER'), { timeout: 15_000 }).toEqual(empty);
  expect(await stage.core.table.get(job.jobId)).toMatchObject({
    status: 'FAILED_FINAL',
    version: 4,
    error: { code: 'ATTEMPT_FAILED' },
  });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a dead letter that the table refuses to hear about comes back, and the job ends', async (context) => {
  await using stage = await openStage(context);
  const lambdas = await stage.start('lambdas');
  const failing = lambdas.table.rule({
    operation: 'GetItem',
    times: 8,
    fault: { kind: 'answer', status: 500, type: 'InternalServerError' },
  });
  const job = await useUpBudget(stage);
  const watching = stage.watch(job.jobId);
  await useUpReceives(stage);
  expect(await watching.done).toMatchObject({ status: 'FAILED_FINAL', version: 4 });
  expect(failing.count()).toBe(8);
  await expect.poll(() => stage.core.queues.depth('DEAD_LETTER'), { timeout: 15_000 }).toEqual(empty);
  expect(checkHistory(await stage.history())).toEqual([]);
});
