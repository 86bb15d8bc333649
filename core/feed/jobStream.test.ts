import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { isFinal, type Job, type JobStatus } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { openJobStream, type JobStream } from './jobStream.ts';
import { ReadSchedule, tickMs } from './readSchedule.ts';
import type { WatchedEvent } from './watch.ts';

/** A job whose steps are written here, and whose hints reach the stream only when the test lets them. */
async function setup({ pollMs = 5, silenceMs = 60_000 } = {}) {
  const schedule = new ReadSchedule({ maxReadsPerSecond: 100_000, elapsed: () => performance.now(), random: Math.random });
  const ticking = setInterval(() => schedule.tick(), tickMs);
  onTestFinished(() => clearInterval(ticking));
  let job: Job | undefined = makeJob();
  let connected = true;
  let listener: FeedListener | undefined;
  let reads = 0;
  const counts = { idle: 0, repairs: 0 };
  const hints: JobEvent[] = [];
  const feed: Feed = {
    publish: () => Promise.resolve(true),
    subscribe(_channel, subscribed) {
      listener = subscribed;
      return Promise.resolve(() => {
        listener = undefined;
        return Promise.resolve();
      });
    },
    isConnected: () => connected,
    close: () => Promise.resolve(),
  };

  function step(status: JobStatus, changes: Partial<Job> = {}): JobEvent {
    if (job === undefined) throw new Error('the job is gone');
    const version = job.version + 1;
    const at = job.updatedAt + 1;
    const history = [...job.history, { version, status, at, attempt: job.attempts }].slice(-maxTestHistory);
    job = { ...job, status, version, history, updatedAt: at, ...changes };
    const event = latestEventOf(job);
    hints.push(event);
    return event;
  }

  return {
    step,
    hints,
    counts,
    reads: () => reads,
    deliver: (event: JobEvent) => listener?.onEvent(event),
    interrupt: (isConnected: boolean) => {
      connected = isConnected;
      listener?.onInterrupted();
    },
    deleteJob: () => (job = undefined),
    isSubscribed: () => listener !== undefined,
    version: () => job?.version,
    open: (): Promise<JobStream> =>
      openJobStream(job?.jobId ?? 'none', {
        feed,
        read: () => {
          reads += 1;
          return Promise.resolve(job);
        },
        schedule,
        log: silentLog,
        pollMs,
        silenceMs,
        onIdle: () => (counts.idle += 1),
        onCount: () => undefined,
        onRepair: () => (counts.repairs += 1),
      }),
  };
}

const maxTestHistory = 50;

async function all(events: AsyncIterable<WatchedEvent>): Promise<readonly WatchedEvent[]> {
  return Array.fromAsync(events);
}

const versions = (events: readonly WatchedEvent[]) => events.map(({ version }) => version);

describe('a watcher of a job', () => {
  test('gets the present state first, then each transition, and completes after the final one', async () => {
    const { open, step, deliver } = await setup();
    const seen = all((await open()).watch({}));
    deliver(step('PROCESSING'));
    deliver(step('SUCCEEDED'));
    expect((await seen).map(({ status, recovered }) => [status, recovered])).toEqual([
      ['PENDING', undefined],
      ['PROCESSING', undefined],
      ['SUCCEEDED', undefined],
    ]);
  });

  test('gets what a lost hint would have told from history, marked as recovered', async () => {
    const { open, step, deliver, counts } = await setup();
    const seen = all((await open()).watch({}));
    step('PROCESSING');
    deliver(step('SUCCEEDED'));
    expect((await seen).map(({ version, recovered }) => [version, recovered])).toEqual([
      [1, undefined],
      [2, true],
      [3, true],
    ]);
    expect(counts.repairs).toBe(2);
  });

  test('gets what came after `afterVersion`, and nothing where the job ended there', async () => {
    const { open, step } = await setup();
    step('PROCESSING');
    step('SUCCEEDED');
    const stream = await open();
    const resumed = stream.watch({ afterVersion: 1 });
    const ended = stream.watch({ afterVersion: 3 });
    expect(versions(await all(resumed))).toEqual([2, 3]);
    expect(await all(ended)).toEqual([]);
  });

  test('is told by `recovered: false` that versions before this one are lost', async () => {
    const { open, step } = await setup();
    for (let times = 0; times < 60; times += 1) step(times % 2 === 0 ? 'PROCESSING' : 'PENDING');
    step('SUCCEEDED');
    const events = await all((await open()).watch({ afterVersion: 2 }));
    expect(events[0]).toMatchObject({ version: 13, recovered: false });
    expect(events.at(-1)).toMatchObject({ version: 62, status: 'SUCCEEDED' });
    expect(events).toHaveLength(50);
  });

  test('gets only the latest progress when it reads slowly, and no progress twice', async () => {
    const { open, step, deliver } = await setup();
    const events = (await open()).watch({});
    const processing = step('PROCESSING');
    deliver(processing);
    await events.next();
    for (const progress of [10, 20, 30]) deliver({ ...processing, at: processing.at + progress, progress });
    deliver({ ...processing, at: processing.at + 20, progress: 20 });
    expect((await events.next()).value).toMatchObject({ version: 2, progress: 30 });
    deliver({ ...step('SUCCEEDED'), at: processing.at + 100 });
    expect((await events.next()).value).toMatchObject({ version: 3, status: 'SUCCEEDED' });
  });

  test('is served by the table while the feed is away', async () => {
    const { open, step, interrupt } = await setup();
    const seen = all((await open()).watch({}));
    interrupt(false);
    step('PROCESSING');
    step('SUCCEEDED');
    expect(versions(await seen)).toEqual([1, 2, 3]);
  });

  test('catches up when the feed returns', async () => {
    const { open, step, interrupt } = await setup({ pollMs: 60_000 });
    const seen = all((await open()).watch({}));
    interrupt(false);
    step('PROCESSING');
    step('SUCCEEDED');
    interrupt(true);
    expect(versions(await seen)).toEqual([1, 2, 3]);
  });

  test('learns that the job is gone', async () => {
    const { open, deleteJob, interrupt } = await setup();
    const seen = all((await open()).watch({}));
    deleteJob();
    interrupt(true);
    await expect(seen).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  test('ends when its signal fires, and the last one to leave ends the subscription', async () => {
    const { open, counts, isSubscribed } = await setup();
    const stream = await open();
    const aborter = new AbortController();
    const first = all(stream.watch({ signal: aborter.signal }));
    const second = stream.watch({});
    aborter.abort();
    expect(versions(await first)).toEqual([1]);
    expect(isSubscribed()).toBe(true);
    await second.return?.();
    await second.return?.();
    expect([counts.idle, isSubscribed()]).toEqual([1, false]);
  });

  test('costs no read of its own: a thousand watchers of a gap share one', async () => {
    const { open, step, deliver, reads } = await setup();
    const stream = await open();
    const watchers = Array.from({ length: 1000 }, () => all(stream.watch({})));
    step('PROCESSING');
    deliver(step('SUCCEEDED'));
    for (const seen of watchers) expect(versions(await seen)).toEqual([1, 2, 3]);
    expect(reads()).toBe(2);
  });

  test('sees every version once and in order, whatever the feed loses, doubles and reorders', async () => {
    const path = fc.array(fc.constantFrom<JobStatus>('PROCESSING', 'PENDING'), { maxLength: 12 });
    const fate = fc.array(fc.record({ lose: fc.boolean(), twice: fc.boolean(), late: fc.nat(3) }), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(path, fate, fc.nat(12), fc.boolean(), async (statuses, fates, joinAt, pause) => {
        const { open, step, deliver, interrupt, version } = await setup({ pollMs: 1 });
        const stream = await open();
        const watchers = [all(stream.watch({}))];
        const late: { at: number; event: JobEvent }[] = [];
        for (const [index, status] of [...statuses, 'SUCCEEDED' as const].entries()) {
          if (index === joinAt) watchers.push(all(stream.watch({ afterVersion: 1 })));
          const event = step(status);
          const { lose = false, twice = false, late: delay = 0 } = fates[index] ?? {};
          if (!lose) late.push({ at: index + delay, event });
          if (twice) late.push({ at: index + delay + 1, event });
          for (const hint of late.filter(({ at }) => at === index)) deliver(hint.event);
          if (pause) await new Promise((resolve) => setImmediate(resolve));
        }
        // The relay, or a reconnect, tells in the end.
        interrupt(true);
        for (const seen of watchers) {
          const events = await seen;
          const expected = Array.from({ length: version() ?? 0 }, (_, index) => index + 1).slice(-events.length);
          expect(versions(events)).toEqual(expected);
          expect(events.every(({ recovered }) => recovered !== false)).toBe(true);
          expect(isFinal(events.at(-1)?.status ?? 'PENDING')).toBe(true);
        }
        expect((await watchers[0])?.length).toBe(version());
      }),
      { numRuns: 200 },
    );
  });
});
