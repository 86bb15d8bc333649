/** Token buckets in Redis, so that a limit holds across all servers. Redis' own clock is used, which they all share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../../telemetry/log.ts';
import { createRedis, createRedisCluster, type RedisAddress } from '../redis.ts';
import { bucketKey, type Rate, type RateLimiter } from './rateLimiter.ts';

export interface RedisLimiterDeps extends RedisAddress {
  readonly isCluster: boolean;
  readonly log: Log;
  /** A Redis that takes longer does not delay the caller. Default 250. */
  readonly timeoutMs?: number;
}

/**
 * One key and one script: nothing can happen between the read and the write. A bucket that would be full again is dropped, and
 * so is an impossible one: other programs that write to Redis can fill a bucket, but cannot remove the limit.
 */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local perSecond, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local left, at = tonumber(bucket[1] or burst), tonumber(bucket[2] or now)
-- Also false for what is no number at all.
local isBucket = left and at and left <= burst and left >= -1000 * burst and at >= 0 and at <= now + 60000
if not isBucket then left, at = burst, now end
local tokens = math.min(burst, left + math.max(0, now - at) * perSecond / 1000)
local missing = math.min(cost, burst) - tokens
if missing > 0 then return {math.ceil(missing / perSecond), math.max(0, math.floor(tokens))} end
tokens = tokens - cost
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / perSecond * 1000) + 1000)
return {0, math.max(0, math.floor(tokens))}
`;

const takenSchema = z.tuple([z.number(), z.number()]);

/** While Redis is away nobody is limited: the service is worth more than the limit. Logged once. */
export function openRedisLimiter(
  { perSecond, burst }: Rate,
  { redisUrl, password, isCluster, log, timeoutMs = 250 }: RedisLimiterDeps,
): RateLimiter {
  const redis = connect({ redisUrl, password }, isCluster, timeoutMs);
  let isAway = false;
  // Waits a moment for the first connection, so that a server that has just started does not report Redis as away.
  const begun = Promise.race([new Promise((resolve) => redis.once('ready', resolve)), sleep(2 * timeoutMs, undefined, { ref: false })]);
  redis.on('error', (error: Error) => log.debug({ error }, 'the connection of the rate limits failed'));

  return {
    rate: { perSecond, burst },
    async take(owner, budget, cost) {
      await begun;
      try {
        const key = `rate:{${bucketKey(owner, budget)}}`;
        const [retryAfterSeconds, left] = takenSchema.parse(await redis.eval(takeScript, 1, key, perSecond, burst, cost));
        if (isAway) log.info('rate limits hold again');
        isAway = false;
        return { retryAfterSeconds, left };
      } catch (error) {
        if (!isAway) log.warn({ error }, 'Redis does not answer: nobody’s rate is limited until it does');
        isAway = true;
        return { retryAfterSeconds: 0, left: burst };
      }
    },
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

function connect(address: RedisAddress, isCluster: boolean, commandTimeout: number): Redis | Cluster {
  const options = { commandTimeout, maxRetriesPerRequest: 0 };
  return isCluster ? createRedisCluster(address, options) : createRedis(address, options);
}
