/** Messages that SQS has given up on: their jobs end with a reason, once, and only in their own generation. */
import { expect, test } from 'vitest';
import { deadLetterJob } from '../../core/usecases/deadLetterJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, owner, type Stage } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };

test('a job whose workers are killed at every receive ends FAILED_FINAL with a reason', async (context) => {
  // A sweeper that sends again meanwhile would give the job more receives.
  await using stage = await openStage(context, { env: { SWEEP_AFTER_SECONDS: '60' } });
  await stage.start('lambdas');
  const job = await stage.create({ params: { durationMs: 60_000 } });
  const watching = stage.watch(job.jobId);
  for (let receives = 0; receives < stage.config.maxReceiveCount; receives += 1) {
    const worker = await stage.start('worker');
    await worker.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
    await worker.kill();
  }
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'FAILED_FINAL' });
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ error: { code: 'RECEIVES_EXHAUSTED' } });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a dead letter that comes twice, or after its job was retried, changes nothing', async (context) => {
  await using stage = await openStage(context);
  const job = await stage.create({ delaySeconds: 60 });
  const letter = { jobId: job.jobId, generation: 1, version: 1, traceId: '' };
  expect(await deadLetterJob(stage.core, letter)).toBe('ended');
  const ended = await stage.core.table.get(job.jobId);
  expect(ended).toMatchObject({ status: 'FAILED_FINAL', version: 2 });
  expect(await deadLetterJob(stage.core, letter)).toBe('ended');
  expect(await stage.core.table.get(job.jobId)).toEqual(ended);
  const retried = await retryJob(stage.core, { owner, jobId: job.jobId });
  expect(await deadLetterJob(stage.core, letter)).toBe('ended');
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', generation: 2, version: retried.version });
});

/** A dead letter of the job, as SQS would move it. */
async function useUpReceives(stage: Stage): Promise<void> {
  for (let receives = 0; receives < stage.config.maxReceiveCount; receives += 1) {
    const [message] = await stage.core.queues.receive('NORMAL', { max: 1, waitSeconds: 10 });
    if (message === undefined) throw new Error('the message did not come');
    await stage.core.queues.setVisibility(message, 0);
  }
  // Moved when somebody asks for it once more.
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
  const job = await stage.create();
  await useUpReceives(stage);
  await reached;
  await first.kill();
  await stage.start('lambdas');
  await expect.poll(() => stage.core.queues.depth('DEAD_LETTER'), { timeout: 15_000 }).toEqual(empty);
  expect(await stage.core.table.get(job.jobId)).toMatchObject({
    status: 'FAILED_FINAL',
    version: 2,
    error: { code: 'RECEIVES_EXHAUSTED' },
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
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  await useUpReceives(stage);
  expect(await watching.done).toMatchObject({ status: 'FAILED_FINAL', version: 2 });
  expect(failing.count()).toBe(8);
  await expect.poll(() => stage.core.queues.depth('DEAD_LETTER'), { timeout: 15_000 }).toEqual(empty);
  expect(checkHistory(await stage.history())).toEqual([]);
});
