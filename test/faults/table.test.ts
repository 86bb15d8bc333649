/** The table throttles, fails, is slow, loses requests and answers: jobs still end, once. */
import { expect, test } from 'vitest';
import type { Fault } from '../support/awsProxy.ts';
import { createChance } from './chance.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, type Stage } from './stage.ts';
import { renews, setsStatus } from './tableWrites.ts';

const jobs = 20;

async function runAll(stage: Stage): Promise<void> {
  const created = await Promise.all(Array.from({ length: jobs }, () => stage.create({ params: { durationMs: 50 } })));
  const ends = await Promise.all(created.map(({ jobId }) => stage.watch(jobId).done));
  expect(ends.map((event) => event?.status)).toEqual(ends.map(() => 'SUCCEEDED'));
  expect(checkHistory(await stage.history())).toEqual([]);
}

const faults: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'throttles', fault: { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' } },
  { name: 'answers 500', fault: { kind: 'answer', status: 500, type: 'InternalServerError' } },
  { name: 'answers that a transaction is in progress', fault: { kind: 'answer', status: 400, type: 'TransactionInProgressException' } },
  { name: 'resets connections before the write', fault: { kind: 'loseRequest' } },
  { name: 'resets connections after the write', fault: { kind: 'loseAnswer' } },
];

/** A claim whose every answer was lost costs a receive or two: chance must not use up all of them. */
const manyReceives = { env: { MAX_RECEIVE_COUNT: '30' } };

test.for(faults)('jobs end once while the table $name, at every third write', async ({ fault }, context) => {
  await using stage = await openStage(context, manyReceives);
  const worker = await stage.start('worker');
  const chance = createChance(context);
  const rule = worker.table.rule({ operation: 'UpdateItem', chance: () => chance() < 0.33, fault });
  await runAll(stage);
  expect(rule.count()).toBeGreaterThan(0);
});

test('a claim and an end whose answers were lost are known as one’s own', async (context) => {
  await using stage = await openStage(context);
  const worker = await stage.start('worker');
  for (const status of ['PROCESSING', 'SUCCEEDED'] as const) {
    worker.table.rule({ operation: 'UpdateItem', when: setsStatus(status), times: 1, fault: { kind: 'loseAnswer' } });
  }
  const job = await stage.create();
  await stage.watch(job.jobId).done;
  const history = await stage.history();
  expect(checkHistory(history)).toEqual([]);
  // It must not take the job over from itself, which would be a second claim.
  expect(history.table[0]?.history.map(({ status }) => status)).toEqual(['PENDING', 'PROCESSING', 'SUCCEEDED']);
});

test('an end reaches watchers although every answer to its write was lost', async (context) => {
  await using stage = await openStage(context);
  const worker = await stage.start('worker');
  // As often as the SDK tries, so that the worker has to find out by itself.
  const lost = worker.table.rule({ operation: 'UpdateItem', when: setsStatus('SUCCEEDED'), times: 4, fault: { kind: 'loseAnswer' } });
  const job = await stage.create();
  expect(await stage.watch(job.jobId).done).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(lost.count()).toBe(4);
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('jobs end while the table is slow and its connections break', async (context) => {
  await using stage = await openStage(context, manyReceives);
  const worker = await stage.start('worker');
  await worker.tableLink.weather({ kind: 'slow', delayMs: 10 });
  // By the count of answers, not by the clock: however slow the machine, work makes progress between two faults.
  let answers = 0;
  worker.table.observe(() => {
    answers += 1;
    if (answers % 30 === 0) worker.tableLink.reset();
  });
  await runAll(stage);
  expect(answers).toBeGreaterThan(30);
});

test('a result outlives a table that is away: it is written when the table is back', async (context) => {
  await using stage = await openStage(context);
  const worker = await stage.start('worker', { VISIBILITY_TIMEOUT_SECONDS: '20' });
  const held = worker.table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED'));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  await held;
  await worker.tableLink.weather({ kind: 'down' });
  await worker.said(/the outcome could not be written; trying again/);
  await worker.tableLink.weather({ kind: 'fair' });
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a worker whose renewals fail gives the job up at the end of its lease, uncounted, and another takes it over', async (context) => {
  await using stage = await openStage(context);
  const first = await stage.start('worker');
  first.table.rule({ operation: 'UpdateItem', when: renews, fault: { kind: 'answer', status: 500, type: 'InternalServerError' } });
  const claimed = first.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const job = await stage.create({ params: { durationMs: 4000 } });
  const watching = stage.watch(job.jobId);
  (await claimed).release();
  // Receives nothing any more, so that the next one is the other's.
  await first.queuesLink.weather({ kind: 'down' });
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
  const history = await stage.history();
  expect(checkHistory(history)).toEqual([]);
  expect(history.table[0]?.history.map(({ status }) => status)).toEqual(['PENDING', 'PROCESSING', 'PENDING', 'PROCESSING', 'SUCCEEDED']);
  expect(history.table[0]).toMatchObject({ failures: 0, losses: 0, attempts: 2 });
});

test('a message that becomes visible while its job runs waits for the holder', async (context) => {
  await using stage = await openStage(context, { env: { MAX_RECEIVE_COUNT: '10' } });
  const first = await stage.start('worker');
  const lost = first.queues.rule({ operation: 'ChangeMessageVisibility', fault: { kind: 'answer', status: 500, type: 'InternalError' } });
  const claimed = first.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const job = await stage.create({ params: { durationMs: 6000 } });
  const watching = stage.watch(job.jobId);
  const running = await claimed;
  // So that the next receive is the other's.
  first.queues.rule({ operation: 'ReceiveMessage', fault: { kind: 'answer', status: 500, type: 'InternalError' } });
  running.release();
  const second = await stage.start('worker');
  const returned = second.queues.hold('before', 'ChangeMessageVisibility');
  (await returned).release();
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(lost.count()).toBeGreaterThan(0);
  expect(checkHistory(await stage.history())).toEqual([]);
});
