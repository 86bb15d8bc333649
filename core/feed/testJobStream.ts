/** For the tests of a job's stream: a job, a feed and a table that the test controls, and readers of watches. */
import { onTestFinished } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import type { Job, JobStatus } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { openJobStream, type JobStream } from './jobStream.ts';
import { ReadSchedule, tickMs } from './readSchedule.ts';
import type { WatchedEvent } from './watch.ts';

/** A job whose steps the test writes, and whose hints reach the stream only when the test lets them. */
export async function setup({ pollMs = 5, silenceMs = 60_000 } = {}) {
  const schedule = new ReadSchedule({ maxReadsPerSecond: 100_000, elapsed: () => performance.now(), random: Math.random });
  const ticking = setInterval(() => schedule.tick(), tickMs);
  onTestFinished(() => clearInterval(ticking));
  let job: Job | undefined = makeJob();
  let connected = true;
  let listener: FeedListener | undefined;
  let broken = false;
  let reads = 0;
  const counts = { idle: 0, repairs: 0, transitions: 0 };
  const hints: JobEvent[] = [];
  const feed: Feed = {
    publish: () => Promise.resolve(true),
    subscribe(_channel, subscribed) {
      listener = subscribed;
      return Promise.resolve();
    },
    unsubscribe() {
      listener = undefined;
      return Promise.resolve();
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
    deliver: (event: JobEvent, record?: Job) => listener?.onEvent(event, record),
    record: () => job,
    interrupt: (isConnected: boolean) => {
      connected = isConnected;
      listener?.onInterrupted();
    },
    change: (changes: Partial<Job>) => {
      if (job !== undefined) job = { ...job, ...changes };
    },
    save: (progress: number) => {
      if (job !== undefined) job = { ...job, progress };
    },
    breakTable: (isBroken: boolean) => (broken = isBroken),
    scheduled: () => schedule.size,
    deleteJob: () => (job = undefined),
    isSubscribed: () => listener !== undefined,
    version: () => job?.version,
    open: (): Promise<JobStream> =>
      openJobStream(job?.jobId ?? 'none', {
        feed,
        read: () => {
          reads += 1;
          return broken ? Promise.reject(new Error('the table is away')) : Promise.resolve(job);
        },
        schedule,
        now: Date.now,
        log: silentLog,
        pollMs,
        silenceMs,
        onIdle: () => (counts.idle += 1),
        onCount: () => undefined,
        onRepair: () => (counts.repairs += 1),
        onTransition: () => (counts.transitions += 1),
      }),
  };
}

const maxTestHistory = 50;

export async function all(events: AsyncIterable<WatchedEvent>): Promise<readonly WatchedEvent[]> {
  return Array.fromAsync(events);
}

export async function take(events: AsyncIterator<WatchedEvent, undefined>, count: number): Promise<readonly WatchedEvent[]> {
  const taken: WatchedEvent[] = [];
  while (taken.length < count) {
    const { value } = await events.next();
    if (value === undefined) throw new Error('the watch ended');
    taken.push(value);
  }
  return taken;
}

export async function follow(events: AsyncIterable<WatchedEvent>, seen: WatchedEvent[]): Promise<void> {
  for await (const event of events) seen.push(event);
}

export const versions = (events: readonly WatchedEvent[]) => events.map(({ version }) => version);
