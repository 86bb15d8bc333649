/** How often an owner may begin something: a token bucket that is refilled at an even rate. */

export interface Rate {
  readonly perSecond: number;
  /** Tokens in a full bucket. */
  readonly burst: number;
}

/** An owner has one bucket for each: jobs handed in or changed, reads, watches and waits begun. */
export type Budget = 'jobs' | 'queries' | 'watches' | 'waits';

export interface Taken {
  /** 0 if the tokens were there, and were taken; else the whole seconds until they will be. */
  readonly retryAfterSeconds: number;
  /** Whole tokens that are left. */
  readonly left: number;
}

export interface RateLimiter {
  /** Of each bucket; `undefined` = no limit. */
  readonly rate: Rate | undefined;
  /**
   * Takes that many tokens, or none. A request that costs more than a full bucket is let through when the bucket is full; the
   * debt is paid off afterwards. Never rejects.
   */
  take(owner: string, budget: Budget, cost: number): Promise<Taken>;
  close(): Promise<void>;
}

const everything: Taken = { retryAfterSeconds: 0, left: Number.MAX_SAFE_INTEGER };

export const unlimited: RateLimiter = { rate: undefined, take: () => Promise.resolve(everything), close: () => Promise.resolve() };

/** No two owners' buckets share a key, since a budget's name has no colon. */
export function bucketKey(owner: string, budget: Budget): string {
  return `${budget}:${owner}`;
}
