import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startRedis, type RedisServer } from '../../test/support/redis.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { createRedis } from '../redis.ts';
import { createMemoryLimiter } from './memoryLimiter.ts';
import { bucketKey, type Rate, type RateLimiter } from './rateLimiter.ts';
import { openRedisLimiter } from './redisLimiter.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const limiters: readonly (readonly [name: string, open: (rate: Rate) => RateLimiter])[] = [
  ['in this process', (rate) => createMemoryLimiter(rate, { now: () => Date.now() })],
  ['in Redis', (rate) => openRedisLimiter(rate, { redisUrl: redis.url, isCluster: false, log: silentLog })],
];

const wait = async (limiter: RateLimiter, owner: string, cost: number): Promise<number> =>
  (await limiter.take(owner, 'jobs', cost)).retryAfterSeconds;

describe.each(limiters)('a token bucket %s', (name, open) => {
  const owner = (of: string): string => `${of} ${name}`;

  test('lets a burst through, then as many as the refill allows, and says how long to wait', async () => {
    const limiter = open({ perSecond: 10, burst: 3 });
    const seconds = [];
    for (let count = 0; count < 4; count += 1) seconds.push(await wait(limiter, owner('a'), 1));
    expect(seconds).toEqual([0, 0, 0, 1]);
    await sleep(250);
    expect(await wait(limiter, owner('a'), 1)).toBe(0);
    await limiter.close();
  });

  test('belongs to one owner only', async () => {
    const limiter = open({ perSecond: 1, burst: 1 });
    expect([await wait(limiter, owner('b'), 1), await wait(limiter, owner('b'), 1), await wait(limiter, owner('c'), 1)]).toEqual([0, 1, 0]);
    await limiter.close();
  });

  test('when full, lets a request through that costs more than a burst; the debt is paid off afterwards', async () => {
    const limiter = open({ perSecond: 10, burst: 10 });
    expect(await wait(limiter, owner('d'), 100)).toBe(0);
    expect(await wait(limiter, owner('d'), 1)).toBeGreaterThanOrEqual(9);
    await limiter.close();
  });

  test('exists for each kind of operation, and tells what is left', async () => {
    const limiter = open({ perSecond: 1, burst: 5 });
    expect(await limiter.take(owner('f'), 'jobs', 5)).toEqual({ retryAfterSeconds: 0, left: 0 });
    expect(await limiter.take(owner('f'), 'queries', 2)).toEqual({ retryAfterSeconds: 0, left: 3 });
    expect(await limiter.take(owner('f'), 'queries', 4)).toEqual({ retryAfterSeconds: 1, left: 3 });
    await limiter.close();
  });

  test('never lets more through than it holds, however many ask at once', async () => {
    const limiter = open({ perSecond: 1, burst: 50 });
    const answers = await Promise.all(Array.from({ length: 500 }, () => wait(limiter, owner('e'), 1)));
    const through = answers.filter((seconds) => seconds === 0).length;
    expect(through).toBeGreaterThanOrEqual(50);
    expect(through).toBeLessThan(55);
    await limiter.close();
  });
});

describe('an invalid bucket in Redis', () => {
  const hash = (fields: Readonly<Record<string, string>>) => (key: string, client: Redis) => client.hset(key, fields);
  const garbage: readonly (readonly [what: string, write: (key: string, client: Redis) => Promise<unknown>])[] = [
    ['a text', (key, client) => client.set(key, 'garbage')],
    ['a list', (key, client) => client.lpush(key, '1')],
    ['words', hash({ tokens: 'many', at: 'now' })],
    ['nothing', hash({ tokens: '', at: '' })],
    ['no number', hash({ tokens: 'nan', at: 'nan' })],
    ['an endless number', hash({ tokens: 'inf', at: '-inf' })],
    ['more than it holds', hash({ tokens: '1e300', at: '0' })],
    ['a very large debt', hash({ tokens: '-1e300', at: '0' })],
    ['a time one day ahead', hash({ tokens: '0', at: '1e300' })],
    ['a time before the epoch', hash({ tokens: '0', at: '-1e300' })],
    ['half of a bucket', hash({ tokens: '1' })],
  ];

  test.each(garbage)('with %s neither removes the limit nor locks an owner out', async (what, write) => {
    const client = createRedis({ redisUrl: redis.url }, {});
    const limiter = openRedisLimiter({ perSecond: 0.01, burst: 3 }, { redisUrl: redis.url, isCluster: false, log: silentLog });
    onTestFinished(async () => {
      client.disconnect();
      await limiter.close();
    });
    if (client.status !== 'ready') await once(client, 'ready');
    await write(bucketKey(what, 'jobs'), client);
    const seconds: number[] = [];
    for (let count = 0; count < 5; count += 1) seconds.push((await limiter.take(what, 'jobs', 1)).retryAfterSeconds);
    expect(seconds[0]).toBe(0);
    expect(seconds.slice(3).every((wait) => wait > 0 && wait <= 500)).toBe(true);
  });
});

test('a hundred thousand owners whose buckets are full again take no memory', async () => {
  let now = 0;
  const limiter = createMemoryLimiter({ perSecond: 1000, burst: 1 }, { now: () => now });
  for (let owner = 0; owner < 100_000; owner += 1) {
    now += 1;
    expect(await wait(limiter, `owner ${owner}`, 1)).toBe(0);
  }
});

test('a Redis that is away, or hangs, limits nobody and delays nobody', async () => {
  const limiter = openRedisLimiter(
    { perSecond: 1, burst: 1 },
    { redisUrl: 'redis://127.0.0.1:9', isCluster: false, log: silentLog, timeoutMs: 50 },
  );
  const startedAt = performance.now();
  for (let count = 0; count < 100; count += 1) expect(await wait(limiter, 'a', 1)).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(4000);
  await limiter.close();
});
