import { describe, expect, onTestFinished, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { memoryEntries } from '../../test/support/memoryEntries.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { systemClock } from '../clock.ts';
import { latestEventOf } from '../feed/event.ts';
import { channelName, type Feed, type FeedListener } from '../feed/feed.ts';
import type { Job, JobStatus } from '../job.ts';
import { createWatches, type Watch, type WatchesOptions } from './watchJob.ts';

/** Many jobs, a table that counts its reads, and a feed that the test interrupts. */
function setup(options: WatchesOptions = {}) {
  const jobs = new Map<string, Job>();
  const listeners = new Map<string, Set<FeedListener>>();
  const reads: { readonly jobId: string; readonly at: number }[] = [];
  let isConnected = true;
  const feed: Feed = {
    publish: () => Promise.resolve(true),
    subscribe(channel, listener) {
      const name = channelName(channel);
      const here = listeners.get(name) ?? new Set();
      listeners.set(name, here.add(listener));
      return Promise.resolve();
    },
    unsubscribe(channel, listener) {
      listeners.get(channelName(channel))?.delete(listener);
      return Promise.resolve();
    },
    isConnected: () => isConnected,
    close: () => Promise.resolve(),
  };
  const read = (jobId: string): Job | undefined => {
    reads.push({ jobId, at: performance.now() });
    return jobs.get(jobId);
  };
  const table = {
    entries: memoryEntries(),
    get: (jobId: string) => Promise.resolve(read(jobId)),
    getMany: (jobIds: readonly string[]) => Promise.resolve(jobIds.map(read)),
  };
  const watches = createWatches({ table, feed, clock: systemClock, log: silentLog, telemetry: noTelemetry }, options);
  onTestFinished(() => watches.close());
  return {
    watches,
    reads,
    create(changes: Partial<Job> = {}): Job {
      const job = makeJob(changes);
      jobs.set(job.jobId, job);
      return job;
    },
    step(jobId: string, status: JobStatus): Job {
      const job = jobs.get(jobId);
      if (job === undefined) throw new Error('no such job');
      const version = job.version + 1;
      const at = Date.now();
      const next = { ...job, status, version, updatedAt: at, history: [...job.history, { version, status, at, attempt: 0 }] };
      jobs.set(jobId, next);
      return next;
    },
    deliver(job: Job): void {
      const event = latestEventOf(job);
      for (const channel of [{ jobId: job.jobId }, { owner: job.owner }]) {
        for (const listener of listeners.get(channelName(channel)) ?? []) listener.onEvent(event);
      }
    },
    interrupt(connected: boolean): void {
      isConnected = connected;
      for (const here of listeners.values()) for (const listener of here) listener.onInterrupted();
    },
  };
}

async function statuses(watch: Watch): Promise<readonly JobStatus[]> {
  const seen: JobStatus[] = [];
  for await (const { status } of watch) seen.push(status);
  return seen;
}

describe('watches', () => {
  test('read 5,000 watched jobs at most 500 times a second while the feed is away, spread, each in its turn', async () => {
    const { watches, reads, create, interrupt } = setup();
    const jobs = Array.from({ length: 5000 }, () => create());
    for (const { owner, jobId } of jobs) (await watches.job({ owner, jobId })).take();
    reads.length = 0;
    const since = performance.now();
    interrupt(false);
    await expect.poll(() => reads.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(2000);
    const seconds = (performance.now() - since) / 1000;
    expect(reads.length).toBeLessThanOrEqual(500 * seconds + 100);
    expect(new Set(reads.map(({ jobId }) => jobId)).size).toBe(reads.length);
    for (const { at } of reads) {
      expect(reads.filter((read) => read.at >= at && read.at < at + 20).length).toBeLessThanOrEqual(150);
    }
  }, 40_000);

  test('send a watcher that resumes after an end what came since, also while another watcher keeps the stream open', async () => {
    const { watches, create, step, deliver } = setup();
    const { owner, jobId } = create();
    const slow = await watches.job({ owner, jobId });
    deliver(step(jobId, 'CANCELLED'));
    step(jobId, 'PENDING');
    const resumed = await watches.job({ owner, jobId, afterVersion: 2 });
    expect((await resumed.next()).value).toMatchObject({ version: 3, status: 'PENDING' });
    deliver(step(jobId, 'SUCCEEDED'));
    expect(await statuses(resumed)).toEqual(['SUCCEEDED']);
    expect(await statuses(slow)).toEqual(['PENDING', 'CANCELLED']);
  });

  test('begin a new feed of an owner at once when one was interrupted, though a slow watcher still holds the old one', async () => {
    const { watches, create, deliver, interrupt } = setup();
    const slow = await watches.owner({ owner: 'owner-1' });
    deliver(create());
    interrupt(true);
    const next = await watches.owner({ owner: 'owner-1' });
    const job = create();
    deliver(job);
    expect((await next.next()).value).toMatchObject({ jobId: job.jobId, version: 1 });
    expect(slow.take()).toBeDefined();
    await expect(slow.next()).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
  });

  test('read after a silence that is longer than a lease, and not after a shorter one', async () => {
    const { watches, reads, create, step } = setup({ silenceMs: 300 });
    const { owner, jobId } = create();
    const watch = await watches.job({ owner, jobId });
    watch.take();
    const since = performance.now();
    step(jobId, 'SUCCEEDED');
    expect(await statuses(watch)).toEqual(['SUCCEEDED']);
    expect(reads).toHaveLength(2);
    expect(performance.now() - since).toBeGreaterThanOrEqual(250);
  });
});
