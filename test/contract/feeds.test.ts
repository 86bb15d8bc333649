import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { latestEventOf, type JobEvent } from '../../core/feed/event.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { openRedisFeed } from '../../core/feed/redis/redisFeed.ts';
import { makeJob } from '../support/jobFactory.ts';
import { startRedis } from '../support/redis.ts';
import { startRedisCluster } from '../support/redisCluster.ts';
import { silentLog } from '../support/silentLog.ts';
import { exerciseFeed } from './exerciseFeed.ts';

exerciseFeed('in this process', () => Promise.resolve(createMemoryFeed()));
exerciseFeed('over Redis', () => Promise.resolve(openRedisFeed({ redisUrl: inject('redisUrl'), log: silentLog })));

describe('the feed over Redis', () => {
  test('tells its listeners when Redis went and came back, and then brings events again', async () => {
    const redis = await startRedis();
    const feed = openRedisFeed({ redisUrl: redis.url, log: silentLog });
    const event = latestEventOf(makeJob({ version: 2 }));
    const events: JobEvent[] = [];
    const interruptions: boolean[] = [];
    await expect.poll(() => feed.isConnected()).toBe(true);
    await feed.subscribe(
      { jobId: event.jobId },
      { onEvent: (one) => void events.push(one), onInterrupted: () => void interruptions.push(feed.isConnected()) },
    );

    await redis.stop();
    await expect.poll(() => interruptions).toEqual([false]);
    await expect(feed.publish(event)).resolves.toBe(false);
    const late: JobEvent[] = [];
    await feed.subscribe({ owner: event.owner }, { onEvent: (one) => void late.push(one), onInterrupted: () => undefined });

    await redis.restart();
    await expect.poll(() => interruptions, { timeout: 10_000 }).toEqual([false, true]);
    await expect
      .poll(async () => {
        await feed.publish(event);
        return [events.length > 0, late.length > 0];
      })
      .toEqual([true, true]);
    await feed.close();
    await redis.stop();
  });

  test('drops what is not an event, and goes on', async () => {
    const redisUrl = inject('redisUrl');
    const feed = openRedisFeed({ redisUrl, log: silentLog });
    const raw = new Redis(redisUrl);
    const event = latestEventOf(makeJob({ version: 2 }));
    const events: JobEvent[] = [];
    await expect.poll(() => feed.isConnected()).toBe(true);
    await feed.subscribe({ jobId: event.jobId }, { onEvent: (one) => void events.push(one), onInterrupted: () => undefined });
    for (const text of ['', 'not JSON', '{}', '{"version":0}', '[]']) await raw.spublish(`job:{${event.jobId}}`, text);
    await raw.spublish(`job:{${event.jobId}}`, JSON.stringify(event));
    await expect.poll(() => events.length).toBe(1);
    await feed.close();
    raw.disconnect();
  });

  test('waits for a Redis that is away at the start', async () => {
    const redis = await startRedis();
    await redis.stop();
    const feed = openRedisFeed({ redisUrl: redis.url, log: silentLog });
    await expect(feed.subscribe({ owner: 'someone' }, { onEvent: () => undefined, onInterrupted: () => undefined })).resolves.toBeTypeOf(
      'function',
    );
    expect(feed.isConnected()).toBe(false);
    await redis.restart();
    await expect.poll(() => feed.isConnected(), { timeout: 10_000 }).toBe(true);
    await feed.close();
    await redis.stop();
  });
});

describe('the feed over a Redis cluster', () => {
  test('brings events of jobs on every shard, and goes on when a shard was away', async () => {
    const cluster = await startRedisCluster();
    const feed = openRedisFeed({ redisUrl: cluster.url, isCluster: true, log: silentLog });
    await expect.poll(() => feed.isConnected(), { timeout: 10_000 }).toBe(true);
    const jobs = Array.from({ length: 12 }, () => latestEventOf(makeJob({ version: 2 })));
    const seen = new Set<string>();
    let interruptions = 0;
    for (const { jobId } of jobs) {
      await feed.subscribe({ jobId }, { onEvent: (event) => void seen.add(event.jobId), onInterrupted: () => (interruptions += 1) });
    }
    const all = new Set(jobs.map(({ jobId }) => jobId));
    expect(await Promise.all(jobs.map((event) => feed.publish(event)))).toEqual(jobs.map(() => true));
    await expect.poll(() => seen).toEqual(all);

    await cluster.stopNode(1);
    await expect.poll(() => feed.isConnected(), { timeout: 10_000 }).toBe(false);
    expect(interruptions).toBeGreaterThanOrEqual(12);
    await cluster.startNode(1);
    await expect.poll(() => feed.isConnected(), { timeout: 20_000 }).toBe(true);
    seen.clear();
    await expect
      .poll(
        async () => {
          await Promise.all(jobs.map((event) => feed.publish(event)));
          return seen;
        },
        { timeout: 10_000 },
      )
      .toEqual(all);
    await feed.close();
    await cluster.stop();
  }, 60_000);
});
