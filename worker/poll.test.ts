import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { monotonic } from '../core/clock.ts';
import type { ReceivedMessage } from '../core/queue/jobQueues.ts';
import { createMemoryQueues } from '../core/queue/memory/queues.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { startPoll, type Poll, type PollDeps } from './poll.ts';

afterEach(() => vi.restoreAllMocks());

const message = (queue: ReceivedMessage['queue']): ReceivedMessage => ({
  queue,
  messageId: crypto.randomUUID(),
  receiptHandle: '',
  body: '',
  receiveCount: 1,
  sentAt: 0,
});

interface Polling extends AsyncDisposable {
  readonly poll: Poll;
  readonly received: string[];
  readonly executed: string[];
  /** From now on HIGH has messages too. */
  fillHigh(): void;
}

/** LOW always has messages. */
function start(breaker: PollDeps['breaker']): Polling {
  const received: string[] = [];
  const executed: string[] = [];
  let highHas = false;
  const poll = startPoll({
    queues: {
      async receive(queue, { max }) {
        received.push(queue);
        await sleep(1);
        return queue === 'LOW' || (queue === 'HIGH' && highHas) ? Array.from({ length: max }, () => message(queue)) : [];
      },
      setVisibility: () => Promise.resolve(),
    },
    concurrency: 4,
    receiveWaitSeconds: 0,
    visibilityTimeoutSeconds: 30,
    breaker,
    now: monotonic,
    log: silentLog,
    async execute({ queue }) {
      executed.push(queue);
      await sleep(10);
    },
  });
  const hurry = AbortSignal.abort();
  return { poll, received, executed, fillHigh: () => (highHas = true), [Symbol.asyncDispose]: () => poll.stop(hurry) };
}

const closed: PollDeps['breaker'] = { isOpen: () => false, closed: () => Promise.resolve() };

test('looks at HIGH again though the machine’s clock is set back', async () => {
  await using polling = start(closed);
  await expect.poll(() => polling.executed.length).toBeGreaterThan(8);
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now - 60_000);
  polling.fillHigh();
  const until = monotonic() + 5000;
  while (!polling.executed.includes('HIGH') && monotonic() < until) await sleep(20);
  expect(polling.executed).toContain('HIGH');
});

test('receives nothing while the table is away, and goes on when it is back', async () => {
  const back = Promise.withResolvers<void>();
  let isOpen = true;
  await using polling = start({ isOpen: () => isOpen, closed: () => back.promise });
  await sleep(100);
  expect(polling.received).toEqual([]);
  isOpen = false;
  back.resolve();
  await expect.poll(() => polling.executed.length).toBeGreaterThan(0);
});

test('stops while the table is away, and can be stopped twice', async () => {
  const polling = start({ isOpen: () => true, closed: () => new Promise(() => undefined) });
  await polling.poll.stop(AbortSignal.abort());
  await polling.poll.stop(AbortSignal.abort());
  expect(polling.received).toEqual([]);
});

test('with one slot takes a message at once, whichever queue of this process it comes to', async () => {
  const waited: number[] = [];
  const executed: string[] = [];
  const queues = createMemoryQueues({ visibilityTimeoutSeconds: 30, maxReceiveCount: 3, now: Date.now });
  const poll = startPoll({
    queues: {
      ...queues,
      receive(queue, options) {
        waited.push(options.waitSeconds);
        return queues.receive(queue, options);
      },
    },
    concurrency: 1,
    receiveWaitSeconds: 20,
    visibilityTimeoutSeconds: 30,
    breaker: closed,
    now: monotonic,
    log: silentLog,
    async execute(received) {
      executed.push(received.queue);
      await queues.delete(received);
    },
  });
  const { jobId, generation, version, traceId, type, createdAt } = makeJob();
  for (const priority of ['LOW', 'HIGH', 'NORMAL', 'LOW'] as const) {
    const seen = executed.length;
    await queues.send(priority, { jobId, generation, version, traceId, type, createdAt, sweeps: 0 }, 0);
    await expect.poll(() => executed.length).toBeGreaterThan(seen);
  }
  await poll.stop(AbortSignal.abort());
  expect(executed).toEqual(['LOW', 'HIGH', 'NORMAL', 'LOW']);
  expect(new Set(waited)).toEqual(new Set([0]));
});
