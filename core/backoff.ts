/** How long to wait before the next attempt: exponential, capped, with equal jitter. */

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after `failures` failed attempts in a row (1 or more): base, 2·base, 4·base … at most max,
 * of which the upper half is random, so that jobs that failed together do not come back together.
 */
export function backoffMs({ baseMs, maxMs }: Backoff, failures: number, random: () => number): number {
  // A bounded exponent: `2 ** failures` would become Infinity, and 0 · Infinity is NaN.
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
