/** The promises of a feed, in process or over Redis. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { latestEventOf, type JobEvent } from '../../core/feed/event.ts';
import type { Feed } from '../../core/feed/feed.ts';
import { makeJob } from '../support/jobFactory.ts';

export function exerciseFeed(name: string, open: () => Promise<Feed>): void {
  describe(`the feed ${name}`, () => {
    let feed: Feed;
    beforeEach(async () => {
      feed = await open();
      await expect.poll(() => feed.isConnected()).toBe(true);
    });
    afterEach(() => feed.close());

    function collect() {
      const events: JobEvent[] = [];
      return { events, listener: { onEvent: (event: JobEvent) => void events.push(event), onInterrupted: () => undefined } };
    }

    test('brings a job’s events to those who watch the job and to those who watch its owner', async () => {
      const job = makeJob({ owner: 'owner {1}*', status: 'PROCESSING', version: 2 });
      const [ofJob, ofOwner, ofOther] = [collect(), collect(), collect()];
      await feed.subscribe({ jobId: job.jobId }, ofJob.listener);
      await feed.subscribe({ owner: job.owner }, ofOwner.listener);
      await feed.subscribe({ owner: 'owner {1}' }, ofOther.listener);
      const event = latestEventOf(job);
      await feed.publish(event);
      await expect.poll(() => [ofJob.events.length, ofOwner.events.length]).toEqual([1, 1]);
      expect(ofJob.events[0]).toMatchObject({ jobId: job.jobId, version: 2, status: 'PROCESSING' });
      expect(ofOther.events).toEqual([]);
    });

    test('brings a job’s first event to those who watch its owner, since nobody can know the job yet', async () => {
      const job = makeJob();
      const [ofJob, ofOwner] = [collect(), collect()];
      await feed.subscribe({ jobId: job.jobId }, ofJob.listener);
      await feed.subscribe({ owner: job.owner }, ofOwner.listener);
      await feed.publish(latestEventOf(job));
      await feed.publish({ ...latestEventOf(job), version: 2 });
      await expect.poll(() => ofOwner.events.map(({ version }) => version)).toEqual([1, 2]);
      await expect.poll(() => ofJob.events.map(({ version }) => version)).toEqual([2]);
    });

    test('misses nothing that is published after a subscription is confirmed', async () => {
      const job = makeJob();
      const { events, listener } = collect();
      await feed.subscribe({ jobId: job.jobId }, listener);
      for (let version = 2; version <= 100; version += 1) await feed.publish({ ...latestEventOf(job), version });
      await expect.poll(() => events.map(({ version }) => version)).toEqual(Array.from({ length: 99 }, (_, index) => index + 2));
    });

    test('shares a channel among listeners until the last has left', async () => {
      const event = latestEventOf(makeJob({ version: 2 }));
      const [first, second] = [collect(), collect()];
      const channel = { jobId: event.jobId };
      await feed.subscribe(channel, first.listener);
      await feed.subscribe(channel, second.listener);
      await feed.unsubscribe(channel, first.listener);
      await feed.unsubscribe(channel, first.listener);
      await feed.publish(event);
      await expect.poll(() => second.events.length).toBe(1);
      await feed.unsubscribe(channel, second.listener);
      const third = collect();
      await feed.subscribe({ jobId: event.jobId }, third.listener);
      await feed.publish(event);
      await expect.poll(() => third.events.length).toBe(1);
      expect([first.events.length, second.events.length]).toEqual([0, 1]);
    });

    test('closes twice', async () => {
      await feed.close();
      await feed.close();
    });
  });
}
