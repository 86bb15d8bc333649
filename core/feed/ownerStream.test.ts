import { describe, expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import type { Job, JobStatus } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { openOwnerStream } from './ownerStream.ts';
import type { Watch } from './watch.ts';

/** An owner's jobs, kept here, and hints that reach the stream only when the test lets them. */
function setup() {
  const jobs = new Map<string, Job>();
  let listener: FeedListener | undefined;
  let isConnected = true;
  let broken = false;
  const counts = { idle: 0, repairs: 0 };
  const feed: Feed = {
    publish: () => Promise.resolve(true),
    subscribe(_channel, subscribed) {
      listener = subscribed;
      return Promise.resolve(() => Promise.resolve());
    },
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
    deliver: (event: JobEvent) => listener?.onEvent(event),
    interrupt: () => listener?.onInterrupted(),
    disconnect: () => (isConnected = false),
    breakTable: () => (broken = true),
    open: () =>
      openOwnerStream('owner-1', {
        feed,
        read: (jobId) => (broken ? Promise.reject(new Error('the table is away')) : Promise.resolve(jobs.get(jobId))),
        now: Date.now,
        log: silentLog,
        onIdle: () => (counts.idle += 1),
        onCount: () => undefined,
        onRepair: () => (counts.repairs += 1),
      }),
  };
}

async function take(watch: Watch, count: number): Promise<readonly [string, number][]> {
  const taken: [string, number][] = [];
  while (taken.length < count) {
    const { value } = await watch.next();
    if (value === undefined) throw new Error('the watch ended');
    taken.push([value.jobId, value.version]);
  }
  return taken;
}

describe('a watcher of an owner', () => {
  test('gets every transition of every job once and in order, though hints are doubled, lost and reordered', async () => {
    const { open, create, step, deliver, counts } = setup();
    const watch = (await open()).watch({});
    const a = create();
    const b = create();
    const [a2, b2, a3] = [step(a.jobId, 'PROCESSING'), step(b.jobId, 'PROCESSING'), step(a.jobId, 'SUCCEEDED')];
    for (const hint of [a, a, b, b2, a3, a2, b, a3]) deliver(hint);
    const seen = await take(watch, 5);
    expect(seen.filter(([jobId]) => jobId === a.jobId)).toEqual([1, 2, 3].map((version) => [a.jobId, version]));
    expect(seen.filter(([jobId]) => jobId === b.jobId)).toEqual([1, 2].map((version) => [b.jobId, version]));
    expect(counts.repairs).toBe(2);
  });

  test('is not told again what happened to a job before it watched', async () => {
    const { open, create, step, deliver } = setup();
    const longAgo = Date.now() - 60_000;
    const job = create({ createdAt: longAgo });
    step(job.jobId, 'PROCESSING', longAgo + 1);
    const watch = (await open()).watch({});
    deliver(step(job.jobId, 'SUCCEEDED'));
    expect(await take(watch, 1)).toEqual([[job.jobId, 3]]);
  });

  test('is told of progress between transitions', async () => {
    const { open, create, step, deliver } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    const processing = step(job.jobId, 'PROCESSING');
    deliver(processing);
    deliver({ ...processing, at: processing.at + 1, progress: 50 });
    expect(await take(watch, 3)).toEqual([1, 2, 2].map((version) => [job.jobId, version]));
  });

  test.each([
    ['the feed was interrupted', ({ interrupt }: ReturnType<typeof setup>) => interrupt()],
    [
      'a gap could not be read',
      ({ create, step, deliver, breakTable }: ReturnType<typeof setup>) => {
        const { jobId } = create();
        step(jobId, 'PROCESSING');
        breakTable();
        deliver(step(jobId, 'SUCCEEDED'));
      },
    ],
    [
      'it reads too slowly',
      ({ create, deliver }: ReturnType<typeof setup>) => {
        for (let count = 0; count < 3000; count += 1) deliver(create());
      },
    ],
  ])('ends with FEED_INTERRUPTED when %s, never silently', async (_when, happen) => {
    const subject = setup();
    const watch = (await subject.open()).watch({});
    happen(subject);
    await expect(Array.fromAsync(watch)).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
    expect(subject.counts.idle).toBe(1);
  });

  test('is refused while the feed is away', async () => {
    const { open, disconnect } = setup();
    disconnect();
    await expect(open()).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
  });

  test('gets what was there before an interruption, and then the error', async () => {
    const { open, create, deliver, interrupt } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    interrupt();
    expect(await take(watch, 1)).toEqual([[job.jobId, 1]]);
    await expect(watch.next()).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
  });
});
