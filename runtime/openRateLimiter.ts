/** The rate limits of the settings: in Redis where there is one, else in this process. */
import type { Clock } from '../core/clock.ts';
import { createMemoryLimiter } from '../core/limits/memoryLimiter.ts';
import { unlimited, type RateLimiter } from '../core/limits/rateLimiter.ts';
import type { Log } from '../telemetry/log.ts';
import type { Config } from './config.ts';
import type { Secrets } from './secrets.ts';

export interface OpenRateLimiterDeps {
  readonly config: Pick<Config, 'redisUrl' | 'redisIsCluster' | 'limits'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets?: Pick<Secrets, 'redisPassword'> | undefined;
}

/** The caller that opens it closes it. The client of Redis is loaded only where Redis is used. */
export async function openRateLimiter({ config, clock, log, secrets }: OpenRateLimiterDeps): Promise<RateLimiter> {
  const { redisUrl, redisIsCluster: isCluster, limits } = config;
  const rate = { perSecond: limits.ratePerSecond, burst: limits.rateBurst };
  if (rate.perSecond === 0) return unlimited;
  if (redisUrl === undefined) return createMemoryLimiter(rate, clock);
  const { openRedisLimiter } = await import('../core/limits/redisLimiter.ts');
  return openRedisLimiter(rate, { redisUrl, password: secrets?.redisPassword, isCluster, log });
}
