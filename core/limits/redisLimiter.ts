/** Buckets of tokens in Redis, so that a limit holds across all servers. Redis' clock counts, which they share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import type { Log } from '../../telemetry/log.ts';
import { createRedis, createRedisCluster, type RedisAddress } from '../redis.ts';
import type { Rate, RateLimiter } from './rateLimiter.ts';

export interface RedisLimiterDeps extends RedisAddress {
  readonly isCluster: boolean;
  readonly log: Log;
  /** A Redis that takes longer does not hold up the caller. Default 250. */
  readonly timeoutMs?: number;
}

/** One key, one script: nothing can come between reading and writing. A bucket that would be full again is forgotten. */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local perSecond, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, tonumber(bucket[1] or burst) + math.max(0, now - tonumber(bucket[2] or now)) * perSecond / 1000)
local missing = math.min(cost, burst) - tokens
if missing > 0 then return math.ceil(missing / perSecond) end
tokens = tokens - cost
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / perSecond * 1000) + 1000)
return 0
`;

/** While Redis is away nobody is limited: a limit is worth less than the service it protects. Told once. */
export function openRedisLimiter(
  { perSecond, burst }: Rate,
  { redisUrl, password, isCluster, log, timeoutMs = 250 }: RedisLimiterDeps,
): RateLimiter {
  const redis = connect({ redisUrl, password }, isCluster, timeoutMs);
  let isAway = false;
  // A moment for the first connection, so that a server that just began does not call Redis away.
  const begun = Promise.race([new Promise((resolve) => redis.once('ready', resolve)), sleep(2 * timeoutMs, undefined, { ref: false })]);
  redis.on('error', (error: Error) => log.debug({ error }, 'the connection of the rate limits failed'));

  return {
    async take(owner, cost) {
      await begun;
      try {
        const seconds = Number(await redis.eval(takeScript, 1, `rate:{${owner}}`, perSecond, burst, cost));
        if (isAway) log.info('rate limits hold again');
        isAway = false;
        return seconds;
      } catch (error) {
        if (!isAway) log.warn({ error }, 'Redis does not answer: nobody’s rate is limited until it does');
        isAway = true;
        return 0;
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
