/** How many jobs ended in each of the last seconds. */

export interface Finish {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly hasSucceeded: boolean;
}

export interface Second {
  readonly succeeded: number;
  readonly failed: number;
}

/** One entry per second, oldest first; the present second is left out, since it would always look low. */
export function perSecond(
  finishes: readonly Finish[],
  { now, seconds }: { readonly now: number; readonly seconds: number },
): readonly Second[] {
  const end = Math.floor(now / 1000);
  const counts = Array.from({ length: seconds }, () => ({ succeeded: 0, failed: 0 }));
  for (const { at, hasSucceeded } of finishes) {
    const second = counts[seconds - (end - Math.floor(at / 1000))];
    if (second !== undefined) second[hasSucceeded ? 'succeeded' : 'failed'] += 1;
  }
  return counts;
}
