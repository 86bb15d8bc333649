/** The queues are down, lose, double and fail single entries, and carry foreign messages. */
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { urlOf } from '../support/processes.ts';
import { createOver } from './apiClient.ts';
import { createChance } from './chance.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, owner, type Stage } from './stage.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };

async function allSucceed(stage: Stage, jobIds: readonly string[]): Promise<void> {
  const ends = await Promise.all(jobIds.map((jobId) => stage.watch(jobId).done));
  expect(ends.map((event) => event?.status)).toEqual(ends.map(() => 'SUCCEEDED'));
  expect(checkHistory(await stage.history())).toEqual([]);
}

test('a job that could not be queued is FAILED, says so with its id, and can be retried', async (context) => {
  await using stage = await openStage(context);
  const [server] = await Promise.all([stage.start('server'), stage.start('worker')]);
  const url = await urlOf(server, 'server');
  await server.queuesLink.weather({ kind: 'down' });
  const answer = await createOver(url, { idempotencyKey: 'down' });
  stage.accept(answer);
  expect(answer.code).toBe('QUEUE_UNAVAILABLE');
  expect(await stage.core.table.get(answer.jobId)).toMatchObject({ status: 'FAILED', error: { code: 'QUEUE_UNAVAILABLE' } });
  await server.queuesLink.weather({ kind: 'fair' });
  // The same key gives the same job, which its owner then retries.
  expect(await createOver(url, { idempotencyKey: 'down' })).toMatchObject({ jobId: answer.jobId, created: false });
  await retryJob(stage.core, { owner, jobId: answer.jobId });
  await allSucceed(stage, [answer.jobId]);
});

test('a send whose answers were all lost leaves one job that ends once, whichever of the two answers comes', async (context) => {
  await using stage = await openStage(context);
  const server = await stage.start('server');
  server.queues.rule({ operation: 'SendMessageBatch', times: 4, fault: { kind: 'loseAnswer' } });
  const answer = await createOver(await urlOf(server, 'server'));
  stage.accept(answer);
  // The message went out four times, and meets a job that has ended.
  expect(answer.code).toBe('QUEUE_UNAVAILABLE');
  await stage.start('worker');
  await expect.poll(() => stage.core.queues.depth('NORMAL'), { timeout: 15_000 }).toEqual(empty);
  expect(await stage.core.table.get(answer.jobId)).toMatchObject({ status: 'FAILED', attempts: 0 });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('every message doubled: each job still has one end, and the queue is empty after it', async (context) => {
  await using stage = await openStage(context);
  const [server] = await Promise.all([stage.start('server'), stage.start('worker'), stage.start('worker')]);
  server.queues.rule({ operation: 'SendMessageBatch', fault: { kind: 'twice' } });
  const url = await urlOf(server, 'server');
  const answers = await Promise.all(Array.from({ length: 20 }, () => createOver(url, { params: { durationMs: 100 } })));
  for (const answer of answers) stage.accept(answer);
  await allSucceed(
    stage,
    answers.map(({ jobId }) => jobId),
  );
  await expect.poll(() => stage.core.queues.depth('NORMAL'), { timeout: 15_000 }).toEqual(empty);
});

/** Says of every third entry that it failed, although it did not. */
function failingEntries(chance: () => number): (body: unknown) => unknown {
  const entry = z.looseObject({ Id: z.string() });
  return (body) => {
    const { Successful = [], Failed = [] } = z
      .object({ Successful: z.array(entry).optional(), Failed: z.array(entry).optional() })
      .parse(body);
    const unlucky = new Set(Successful.filter(() => chance() < 0.33).map(({ Id }) => Id));
    return {
      Successful: Successful.filter(({ Id }) => !unlucky.has(Id)),
      Failed: [...Failed, ...Array.from(unlucky, (Id) => ({ Id, Code: 'InternalError', SenderFault: false }))],
    };
  };
}

test('single entries of batches fail, and only they are sent and deleted again', async (context) => {
  await using stage = await openStage(context);
  const [server, worker] = await Promise.all([stage.start('server'), stage.start('worker')]);
  const edit = failingEntries(createChance(context));
  const sends = server.queues.rule({ operation: 'SendMessageBatch', fault: { kind: 'editAnswer', edit } });
  worker.queues.rule({ operation: 'DeleteMessageBatch', fault: { kind: 'editAnswer', edit } });
  const url = await urlOf(server, 'server');
  const answers = await Promise.all(Array.from({ length: 40 }, () => createOver(url)));
  for (const answer of answers) stage.accept(answer);
  expect(sends.count()).toBeGreaterThan(0);
  const queued = answers.filter(({ code }) => code === undefined);
  await Promise.all(queued.map(({ jobId }) => stage.watch(jobId).done));
  // Of those that SQS failed three times the message is there too, and meets a job that has ended.
  await expect.poll(() => stage.core.queues.depth('NORMAL'), { timeout: 15_000 }).toEqual(empty);
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('messages that are not ours end as dead letters that are dropped, and jobs go on beside them', async (context) => {
  await using stage = await openStage(context);
  await Promise.all([stage.start('worker'), stage.start('lambdas')]);
  const held = await stage.create({ params: { durationMs: 1000 } });
  const { jobId } = held;
  const poison = [
    'not JSON',
    '{}',
    '[]',
    JSON.stringify({ v: 2, jobId, generation: 1, version: 1, traceId: '' }),
    JSON.stringify({ v: 1, jobId: 'none', generation: 1, version: 1, traceId: '' }),
    // Of a generation that does not exist, and of none.
    JSON.stringify({ v: 1, jobId, generation: 7, version: 1, traceId: '' }),
    JSON.stringify({ v: 1, jobId, generation: 0, version: 1, traceId: '' }),
    // A version that never existed: the claim without a read is refused, and the record is read.
    JSON.stringify({ v: 1, jobId, generation: 1, version: 99, traceId: '' }),
  ];
  const { sqs } = stage.clients;
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${stage.config.queuePrefix}-normal` }));
  for (const MessageBody of poison) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  await allSucceed(stage, [jobId, (await stage.create()).jobId]);
  for (const queue of ['NORMAL', 'DEAD_LETTER'] as const) {
    await expect.poll(() => stage.core.queues.depth(queue), { timeout: 20_000 }).toEqual(empty);
  }
});

test('a message of a future generation does not keep a worker busy while its job waits', async (context) => {
  await using stage = await openStage(context);
  const worker = await stage.start('worker');
  // Its own message comes in a minute: until then the job is PENDING.
  const job = await stage.create({ delaySeconds: 60 });
  let writes = 0;
  worker.table.observe(({ operation }) => {
    if (operation === 'UpdateItem') writes += 1;
  });
  await stage.core.queues.send('NORMAL', { jobId: job.jobId, generation: 7, version: 1, traceId: '' }, 0);
  const other = await stage.create();
  expect(await stage.watch(other.jobId).done).toMatchObject({ status: 'SUCCEEDED' });
  // The message only says "look", and the record says when: by then its message is back.
  await expect.poll(() => stage.core.queues.depth('NORMAL'), { timeout: 20_000 }).toMatchObject({ visible: 0, inFlight: 1 });
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', version: 1 });
  expect(writes).toBeLessThan(20);
});

test('a job that lost its message after some attempts goes on counting them', async (context) => {
  await using stage = await openStage(context);
  const first = await stage.start('worker');
  const returning = first.queues.hold('before', 'ChangeMessageVisibility');
  const job = await stage.create({ params: { failAttempts: 4 } });
  const watching = stage.watch(job.jobId);
  await returning;
  await first.kill();
  // The message is lost: received here when it is visible again, and deleted.
  const [message] = await stage.core.queues.receive('NORMAL', { max: 1, waitSeconds: 10 });
  if (message === undefined) throw new Error('the message did not come back');
  await stage.core.queues.delete(message);
  await Promise.all([stage.start('worker'), stage.start('lambdas')]);
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
  const ended = await stage.core.table.get(job.jobId);
  expect(ended?.sweeps).toBe(1);
  // On a busy machine the first worker may have lost its claim once, which takes an attempt.
  const returned = ended?.history.find(({ status, attempt }) => status === 'PENDING' && attempt > 0);
  const { attempt: made = 0 } = returned ?? {};
  expect(made).toBeGreaterThanOrEqual(3);
  const since = ended?.history.filter(({ version }) => version >= (returned?.version ?? 0));
  expect(since?.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual([`PENDING ${made}`, `PROCESSING ${made + 1}`, 'SUCCEEDED 5']);
  expect(checkHistory(await stage.history())).toEqual([]);
});
