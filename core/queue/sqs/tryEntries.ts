/** Sends a batch of entries to SQS. Each succeeds or fails by itself, and one that failed by SQS's fault is tried again after a wait. */
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { retryLeftovers } from '../../retryLeftovers.ts';

export interface BatchEntry<Entry> {
  readonly id: string;
  readonly entry: Entry;
}

export interface TryEntriesOptions {
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  /** Ends the waits: entries that are not sent by then have failed. */
  readonly signal?: AbortSignal | undefined;
}

const backoff = { baseMs: 50, maxMs: 1000 };
/** Calls in a row in which none of the remaining entries was accepted. */
const maxTries = 3;

/**
 * Returns one outcome per entry, in order: `undefined` for success, else its last error. Never rejects: a call that fails as a
 * whole fails only the entries that it was to send, not those that an earlier call has sent.
 * @param call Returns what failed.
 */
export async function tryEntries<Entry>(
  entries: readonly Entry[],
  call: (batch: readonly BatchEntry<Entry>[]) => Promise<readonly BatchResultErrorEntry[] | undefined>,
  { random, signal }: TryEntriesOptions,
): Promise<readonly (Error | undefined)[]> {
  const batch = entries.map((entry, index) => ({ id: String(index), entry }));
  const errors = new Map(batch.map(({ id }) => [id, new Error('SQS was not asked')]));

  async function tryOnce(open: readonly BatchEntry<Entry>[]): Promise<readonly BatchEntry<Entry>[]> {
    const failed = new Map(((await call(open)) ?? []).map((failure) => [failure.Id, failure]));
    return open.filter(({ id }) => {
      const failure = failed.get(id);
      if (failure === undefined) errors.delete(id);
      else errors.set(id, new Error(`SQS: ${failure.Code ?? 'unknown'} ${failure.Message ?? ''}`));
      return failure !== undefined && failure.SenderFault !== true;
    });
  }

  let open: readonly BatchEntry<Entry>[] = batch;
  try {
    await retryLeftovers(
      batch,
      async (left) => {
        open = left;
        return tryOnce(left);
      },
      { backoff, maxFailures: maxTries, random, signal },
    );
  } catch (error) {
    const cause = error instanceof Error ? error : new Error('SQS does not answer', { cause: error });
    for (const { id } of open) if (errors.has(id)) errors.set(id, cause);
  }
  return batch.map(({ id }) => errors.get(id));
}
