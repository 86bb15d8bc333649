/** How often an owner may begin something: a bucket of tokens that fills again at an even rate. */

export interface Rate {
  readonly perSecond: number;
  /** Tokens in a full bucket. */
  readonly burst: number;
}

export interface RateLimiter {
  /**
   * Takes so many of the owner's tokens. Answers 0 if they were there, else the whole seconds until they are. What
   * costs more than a full bucket is let through by a full one, and paid off afterwards. Never rejects.
   */
  take(owner: string, cost: number): Promise<number>;
  close(): Promise<void>;
}

export const unlimited: RateLimiter = { take: () => Promise.resolve(0), close: () => Promise.resolve() };
