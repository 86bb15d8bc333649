/** For the tests of an owner's stream: jobs, a feed and a table that the test controls, and a reader of watches. */
import { makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import type { Job, JobStatus } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { openOwnerStream } from './ownerStream.ts';
import type { Watch } from './watch.ts';

/** An owner's jobs, kept here, and hints that reach the stream only when the test lets them. */
export function setup({ now = Date.now, maxJobs = 50_000 }: { readonly now?: () => number; readonly maxJobs?: number } = {}) {
  const jobs = new Map<string, Job>();
  let listener: FeedListener | undefined;
  let isConnected = true;
  let broken = false;
  const counts = { idle: 0, repairs: 0 };
  const feed: Feed = {
    publish: () => Promise.resolve(true),
    subscribe(_channel, subscribed) {
      listener = subscribed;
      return Promise.resolve();
    },
    unsubscribe: () => Promise.resolve(),
    isConnected: () => isConnected,
    close: () => Promise.resolve(),
  };
  return {
    counts,
    create(changes: Partial<Job> = {}): JobEvent {
      const job = makeJob(changes);
      jobs.set(job.jobId, job);
      return latestEventOf(job);
    },
    step(jobId: string, status: JobStatus, at = Date.now()): JobEvent {
      const job = jobs.get(jobId);
      if (job === undefined) throw new Error('no such job');
      const version = job.version + 1;
      const next: Job = { ...job, status, version, updatedAt: at, history: [...job.history, { version, status, at, attempt: 0 }] };
      jobs.set(jobId, next);
      return latestEventOf(next);
    },
    deliver: (event: JobEvent, record?: Job) => listener?.onEvent(event, record),
    record: (jobId: string) => jobs.get(jobId),
    interrupt: () => listener?.onInterrupted(),
    disconnect: () => (isConnected = false),
    breakTable: (isBroken = true) => (broken = isBroken),
    open: () =>
      openOwnerStream('owner-1', {
        feed,
        read: (jobId) => (broken ? Promise.reject(new Error('the table is away')) : Promise.resolve(jobs.get(jobId))),
        now,
        maxJobs,
        log: silentLog,
        onIdle: () => (counts.idle += 1),
        onCount: () => undefined,
        onRepair: () => (counts.repairs += 1),
        onTransition: () => undefined,
      }),
  };
}

export async function take(watch: Watch, count: number): Promise<readonly [string, number][]> {
  const taken: [string, number][] = [];
  while (taken.length < count) {
    const { value } = await watch.next();
    if (value === undefined) throw new Error('the watch ended');
    taken.push([value.jobId, value.version]);
  }
  return taken;
}
