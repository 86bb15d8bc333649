/** Token buckets in this process, for the embedded mode. */
import type { Clock } from '../clock.ts';
import { bucketKey, type Rate, type RateLimiter } from './rateLimiter.ts';

interface Bucket {
  tokens: number;
  /** The time for which `tokens` is right, in milliseconds since the epoch. */
  at: number;
}

/** At this many buckets the full ones are dropped: a new bucket would be the same. */
const maxIdle = 10_000;

export function createMemoryLimiter({ perSecond, burst }: Rate, { now }: Clock): RateLimiter {
  const buckets = new Map<string, Bucket>();
  let sweepAbove = maxIdle;

  function fill(bucket: Bucket): number {
    const at = now();
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, at - bucket.at) * perSecond) / 1000);
    bucket.at = at;
    return bucket.tokens;
  }

  function forgetIdle(): void {
    for (const [key, bucket] of buckets) if (fill(bucket) >= burst) buckets.delete(key);
    sweepAbove = Math.max(maxIdle, 2 * buckets.size);
  }

  return {
    rate: { perSecond, burst },
    take(owner, budget, cost) {
      const key = bucketKey(owner, budget);
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        if (buckets.size >= sweepAbove) forgetIdle();
        buckets.set(key, (bucket = { tokens: burst, at: now() }));
      }
      const missing = Math.min(cost, burst) - fill(bucket);
      if (missing <= 0) bucket.tokens -= cost;
      const retryAfterSeconds = missing > 0 ? Math.ceil(missing / perSecond) : 0;
      return Promise.resolve({ retryAfterSeconds, left: Math.max(0, Math.floor(bucket.tokens)) });
    },
    close: () => Promise.resolve(),
  };
}
