/** Buckets of tokens in this process, for the all-in-one. */
import type { Clock } from '../clock.ts';
import type { Rate, RateLimiter } from './rateLimiter.ts';

interface Bucket {
  tokens: number;
  /** Milliseconds since the epoch, when `tokens` was right. */
  at: number;
}

/** Owners remembered before those with a full bucket, who are as good as new, are forgotten. */
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
    for (const [owner, bucket] of buckets) if (fill(bucket) >= burst) buckets.delete(owner);
    sweepAbove = Math.max(maxIdle, 2 * buckets.size);
  }

  return {
    take(owner, cost) {
      let bucket = buckets.get(owner);
      if (bucket === undefined) {
        if (buckets.size >= sweepAbove) forgetIdle();
        buckets.set(owner, (bucket = { tokens: burst, at: now() }));
      }
      const missing = Math.min(cost, burst) - fill(bucket);
      if (missing > 0) return Promise.resolve(Math.ceil(missing / perSecond));
      bucket.tokens -= cost;
      return Promise.resolve(0);
    },
    close: () => Promise.resolve(),
  };
}
