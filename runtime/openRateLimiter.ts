/** The rate limits of the settings: in Redis where there is one, else in this process. */
import type { Clock } from '../core/clock.ts';
import { createMemoryLimiter } from '../core/limits/memoryLimiter.ts';
import { unlimited, type RateLimiter } from '../core/limits/rateLimiter.ts';
import { openRedisLimiter } from '../core/limits/redisLimiter.ts';
import type { Log } from '../telemetry/log.ts';
import type { Config } from './config.ts';

export interface OpenRateLimiterDeps {
  readonly config: Pick<Config, 'redisUrl' | 'redisIsCluster' | 'limits'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whoever opens it closes it. */
export function openRateLimiter({ config: { redisUrl, redisIsCluster, limits }, clock, log }: OpenRateLimiterDeps): RateLimiter {
  const rate = { perSecond: limits.ratePerSecond, burst: limits.rateBurst };
  if (rate.perSecond === 0) return unlimited;
  return redisUrl === undefined ? createMemoryLimiter(rate, clock) : openRedisLimiter(rate, { redisUrl, isCluster: redisIsCluster, log });
}
