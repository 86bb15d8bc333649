/** kill -9 of a worker at each step of a job: the proxies hold the step's request, and the process ends there. */
import { expect, test } from 'vitest';
import { checkHistory } from './historyChecker.ts';
import { openStage, withStream, type Actor } from './stage.ts';
import { publishes, putsPayload, setsStatus } from './tableWrites.ts';

interface Moment {
  readonly name: string;
  /** Resolves when the worker has reached this step, where it is held. */
  reach(worker: Actor): Promise<unknown>;
  /** How the job must have gone, by status. */
  readonly expected: readonly string[];
}

const once = ['PENDING', 'PROCESSING', 'SUCCEEDED'];
const takenOver = ['PENDING', 'PROCESSING', 'PROCESSING', 'SUCCEEDED'];

const moments: readonly Moment[] = [
  {
    name: 'before the claim is written',
    reach: ({ table }) => table.hold('before', 'UpdateItem', setsStatus('PROCESSING')),
    expected: once,
  },
  {
    name: 'after the claim is written',
    reach: ({ table }) => table.hold('after', 'UpdateItem', setsStatus('PROCESSING')),
    expected: takenOver,
  },
  { name: 'between the claim and its publish', reach: ({ redis }) => redis.hold(publishes('PROCESSING')), expected: takenOver },
  // Progress is published by a handler that runs.
  { name: 'in the middle of the handler', reach: ({ redis }) => redis.hold((text) => text.includes('"progress"')), expected: takenOver },
  { name: 'before its result is kept apart', reach: ({ table }) => table.hold('before', 'PutItem', putsPayload), expected: takenOver },
  {
    name: 'before the final state is written',
    reach: ({ table }) => table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED')),
    expected: takenOver,
  },
  { name: 'before the message is deleted', reach: ({ queues }) => queues.hold('before', 'DeleteMessageBatch'), expected: once },
  { name: 'after the message is deleted', reach: ({ queues }) => queues.hold('after', 'DeleteMessageBatch'), expected: once },
];

/** No later transition shows the gap: only the relay can bring these. */
const silentMoments: readonly Moment[] = [
  {
    name: 'after the final state is written',
    reach: ({ table }) => table.hold('after', 'UpdateItem', setsStatus('SUCCEEDED')),
    expected: once,
  },
  { name: 'between the final state and its publish', reach: ({ redis }) => redis.hold(publishes('SUCCEEDED')), expected: once },
];

test.for(moments)('a worker killed $name loses nothing and does nothing twice', async ({ reach, expected }, context) => {
  await using stage = await openStage(context);
  const first = await stage.start('worker');
  const reached = reach(first);
  // Gives back its payload: params and result are long enough to be kept apart.
  const job = await stage.create({ params: { durationMs: 300, steps: 3, payload: 'x'.repeat(5000) } });
  const watching = stage.watch(job.jobId);
  await reached;
  await first.kill();
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
  const history = await stage.history();
  expect(checkHistory(history)).toEqual([]);
  expect(history.table[0]?.history.map(({ status }) => status)).toEqual(expected);
  await expect.poll(() => stage.core.queues.depth('NORMAL'), { timeout: 10_000 }).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

test.for(silentMoments)(
  'a worker killed $name does not keep anything from watchers: the relay publishes it',
  async ({ reach, expected }, context) => {
    await using stage = await openStage(context, withStream());
    await stage.start('lambdas');
    const worker = await stage.start('worker');
    const reached = reach(worker);
    const job = await stage.create();
    const watching = stage.watch(job.jobId);
    await reached;
    await worker.kill();
    // No worker is left: only the relay can know.
    expect(await watching.done).toMatchObject({ status: 'SUCCEEDED' });
    const history = await stage.history();
    expect(checkHistory(history)).toEqual([]);
    expect(history.table[0]?.history.map(({ status }) => status)).toEqual(expected);
  },
);
