/** Works through a batch of which each call may leave a part undone: a throttled read, an entry that failed by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, type Backoff } from './backoff.ts';

export interface RetryLeftovers {
  readonly backoff: Backoff;
  /** Calls in a row without any progress, including the first one, before it gives up. */
  readonly maxFailures: number;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns what is still undone. `call` returns what it left undone; before each further call there is a wait.
 * @throws the signal's reason once it fired, and whatever `call` throws.
 */
export async function retryLeftovers<Entry>(
  entries: readonly Entry[],
  call: (entries: readonly Entry[]) => Promise<readonly Entry[]>,
  { backoff, maxFailures, random, signal }: RetryLeftovers,
): Promise<readonly Entry[]> {
  let open = entries;
  let failures = 0;
  while (open.length > 0) {
    signal?.throwIfAborted();
    const left = await call(open);
    failures = left.length < open.length ? 1 : failures + 1;
    open = left;
    if (open.length === 0 || failures >= maxFailures) break;
    await pause(backoffMs(backoff, failures, random), signal);
  }
  return open;
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    // The timer's own AbortError says less than the reason.
    throw signal?.aborted === true ? signal.reason : error;
  }
}
