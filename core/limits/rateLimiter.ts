/** How often an owner may begin something: a bucket of tokens that fills again at an even rate. */

export interface Rate {
  readonly perSecond: number;
  /** Tokens in a full bucket. */
  readonly burst: number;
}

/** What an owner has a bucket of each: jobs handed in or changed, reading, watches and waits begun. */
export type Budget = 'jobs' | 'queries' | 'watches' | 'waits';

export interface Taken {
  /** 0 if the tokens were there, and were taken; else the whole seconds until they are. */
  readonly retryAfterSeconds: number;
  /** Whole tokens that are left. */
  readonly left: number;
}

export interface RateLimiter {
  /** Of each bucket; `undefined` = no limit. */
  readonly rate: Rate | undefined;
  /**
   * Takes so many of the tokens, or none. What costs more than a full bucket is let through by a full one, and paid off
   * afterwards. Never rejects.
   */
  take(owner: string, budget: Budget, cost: number): Promise<Taken>;
  close(): Promise<void>;
}

const everything: Taken = { retryAfterSeconds: 0, left: Number.MAX_SAFE_INTEGER };

export const unlimited: RateLimiter = { rate: undefined, take: () => Promise.resolve(everything), close: () => Promise.resolve() };

/** No two owners' buckets share a key: a budget's name has no colon. */
export function bucketKey(owner: string, budget: Budget): string {
  return `${budget}:${owner}`;
}
