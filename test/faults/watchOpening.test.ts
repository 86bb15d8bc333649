/** Redis goes away and comes back just while a watch is being opened; and history is shorter than what was missed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { latestEventOf } from '../../core/feed/event.ts';
import type { Feed, FeedListener } from '../../core/feed/feed.ts';
import { openJobStream } from '../../core/feed/jobStream.ts';
import { ReadSchedule, tickMs } from '../../core/feed/readSchedule.ts';
import type { Job } from '../../core/job.ts';
import { makeJob } from '../support/jobFactory.ts';
import { silentLog } from '../support/silentLog.ts';

const waiting = makeJob();
const running = jobAt(waiting, 2, 'PROCESSING');
const ended = jobAt(running, 3, 'SUCCEEDED');

function jobAt(job: Job, version: number, status: Job['status']): Job {
  const at = job.updatedAt + 1;
  return { ...job, status, version, updatedAt: at, history: [...job.history, { version, status, at, attempt: 1 }] };
}

/** A stream whose reads are answered by the test. */
function setup() {
  const schedule = new ReadSchedule({ maxReadsPerSecond: 1000, elapsed: () => performance.now(), random: Math.random });
  const ticking = setInterval(() => schedule.tick(), tickMs);
  onTestFinished(() => clearInterval(ticking));
  const reads: PromiseWithResolvers<Job | undefined>[] = [];
  const state = { isConnected: true };
  const listeners: FeedListener[] = [];
  const feed: Feed = {
    publish: () => Promise.resolve(true),
    subscribe: (_channel, listener) => {
      listeners.push(listener);
      return Promise.resolve();
    },
    unsubscribe: () => Promise.resolve(),
    isConnected: () => state.isConnected,
    close: () => Promise.resolve(),
  };
  const read = (): Promise<Job | undefined> => {
    const answer = Promise.withResolvers<Job | undefined>();
    reads.push(answer);
    return answer.promise;
  };
  const ignore = (): void => undefined;
  const opening = openJobStream(waiting.jobId, {
    feed,
    read,
    schedule,
    now: Date.now,
    log: silentLog,
    pollMs: 1,
    silenceMs: 60_000,
    onIdle: ignore,
    onCount: ignore,
    onRepair: ignore,
    onTransition: ignore,
  });
  async function answer(number: number, job: Job): Promise<void> {
    await expect.poll(() => reads.length, { interval: 1 }).toBeGreaterThan(number);
    reads[number]?.resolve(job);
  }
  return {
    state,
    reads,
    opening,
    answer,
    listener: async () => (await expect.poll(() => listeners.length, { interval: 1 }).toBe(1), listeners[0]),
  };
}

test('a watch that opens while Redis is away, and the table slow, sends each version once', async () => {
  const { state, opening, answer, listener, reads } = setup();
  const feed = await listener();
  state.isConnected = false;
  feed?.onInterrupted();
  // Many times the interval at which a watched job is read while Redis is away: no such read may come before the first.
  await sleep(20);
  reads[1]?.resolve(waiting);
  await answer(0, waiting);
  const events = (await opening).watch({});
  expect(events.take()).toMatchObject({ version: 1 });
  expect(events.take()).toBeUndefined();
  await answer(1, ended);
  await expect.poll(() => events.take()?.version, { interval: 1 }).toBe(2);
  expect(events.take()).toMatchObject({ version: 3, recovered: true });
  expect(events.take()).toBeUndefined();
  expect(events.ending()).toBe('complete');
});

test('what was published while Redis was away in the moment of opening is read after it', async () => {
  const { opening, answer, listener } = setup();
  const feed = await listener();
  // The record is read as it was before; then the connection breaks, an event is lost, and it is back.
  feed?.onInterrupted();
  await answer(0, running);
  const events = (await opening).watch({});
  expect(events.take()).toMatchObject({ version: 2 });
  await answer(1, ended);
  await expect.poll(() => events.take(), { interval: 1 }).toMatchObject({ version: 3, status: 'SUCCEEDED' });
});

test('a watcher goes on behind a hole that history could not fill', async () => {
  const { opening, answer, listener } = setup();
  const feed = await listener();
  await answer(0, waiting);
  const events = (await opening).watch({});
  expect(events.take()).toMatchObject({ version: 1 });
  const later: Job = { ...running, version: 60, history: [{ version: 60, status: 'PROCESSING', at: running.updatedAt, attempt: 9 }] };
  feed?.onEvent(latestEventOf(later));
  await answer(1, later);
  await expect.poll(() => events.take(), { interval: 1 }).toMatchObject({ version: 60, recovered: false });
  const last = jobAt(later, 61, 'SUCCEEDED');
  feed?.onEvent(latestEventOf(last));
  await answer(2, last);
  await expect.poll(() => events.take(), { interval: 1 }).toMatchObject({ version: 61, status: 'SUCCEEDED', recovered: undefined });
});
