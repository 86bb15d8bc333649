import { Redis } from 'ioredis';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { latestEventOf, type JobEvent } from '../../core/feed/event.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { openRedisFeed } from '../../core/feed/redis/redisFeed.ts';
import { openFaultProxy } from '../support/faultProxy.ts';
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

  test('tells the other listeners of a channel, and of others, though one throws', async () => {
    const redis = await startRedis();
    const feed = openRedisFeed({ redisUrl: redis.url, log: silentLog });
    await expect.poll(() => feed.isConnected()).toBe(true);
    const event = latestEventOf(makeJob({ version: 2 }));
    const told: string[] = [];
    const fail = (): never => {
      throw new Error('a listener that throws');
    };
    await feed.subscribe({ jobId: event.jobId }, { onEvent: fail, onInterrupted: fail });
    await feed.subscribe(
      { jobId: event.jobId },
      { onEvent: () => void told.push('event'), onInterrupted: () => void told.push('interrupted') },
    );
    await feed.publish(event);
    await expect.poll(() => told).toEqual(['event']);
    await redis.stop();
    await expect.poll(() => told).toEqual(['event', 'interrupted']);
    await feed.close();
  });

  test('renews thousands of channels, each whole when its listeners are told, and all when it says so', async () => {
    const redis = await startRedis();
    const feed = openRedisFeed({ redisUrl: redis.url, log: silentLog });
    await expect.poll(() => feed.isConnected()).toBe(true);
    const channels = Array.from({ length: 3000 }, (_, index) => ({ jobId: `job-${index}` }));
    const whole = new Set<string>();
    let arrived = 0;
    await Promise.all(
      channels.map((channel) =>
        feed.subscribe(channel, {
          onEvent: () => void (arrived += 1),
          onInterrupted: () => void (feed.isConnected(channel) ? whole.add(channel.jobId) : whole.delete(channel.jobId)),
        }),
      ),
    );
    await redis.stop();
    await expect.poll(() => feed.isConnected()).toBe(false);
    expect(feed.isConnected(channels[0])).toBe(false);
    await redis.restart();
    await expect.poll(() => feed.isConnected(), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => whole.size).toBe(channels.length);
    for (const { jobId } of channels) await feed.publish({ ...latestEventOf(makeJob({ version: 2 })), jobId });
    await expect.poll(() => arrived).toBe(channels.length);
    await feed.close();
    await redis.stop();
  });

  test('closes a connection that confirms nothing once, however many channels wait for it', async () => {
    const redis = await startRedis();
    await using proxy = await openFaultProxy(redis.port);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const feed = openRedisFeed({ redisUrl: `redis://127.0.0.1:${proxy.port}`, log: silentLog, pingTimeoutMs: 60_000 });
    await expect.poll(() => feed.isConnected()).toBe(true);
    await proxy.weather({ kind: 'blackHole' });
    const listener = { onEvent: () => undefined, onInterrupted: () => undefined };
    await Promise.all(Array.from({ length: 30 }, (_, index) => feed.subscribe({ jobId: `job-${index}` }, listener)));
    await proxy.weather({ kind: 'fair' });
    await expect.poll(() => feed.isConnected({ jobId: 'job-29' }), { timeout: 15_000 }).toBe(true);
    await expect.poll(() => feed.isConnected(), { timeout: 15_000 }).toBe(true);
    expect(warnings).toEqual([]);
    await feed.close();
    await redis.stop();
  }, 40_000);

  test('waits for a Redis that is away at the start', async () => {
    const redis = await startRedis();
    await redis.stop();
    const feed = openRedisFeed({ redisUrl: redis.url, log: silentLog });
    await feed.subscribe({ owner: 'someone' }, { onEvent: () => undefined, onInterrupted: () => undefined });
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
