/** A batch of entries on SQS: each ends by itself, and one that failed by SQS's fault is tried again after a wait. */
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { retryLeftovers } from '../../retryLeftovers.ts';

export interface BatchEntry<Entry> {
  readonly id: string;
  readonly entry: Entry;
}

export interface TryEntriesOptions {
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  /** Ends the waits: what is undone then stays failed. */
  readonly signal?: AbortSignal | undefined;
}

const backoff = { baseMs: 50, maxMs: 1000 };
/** Calls in a row that none of the entries left got through. */
const maxTries = 3;

/**
 * Answers one outcome an entry, in order: `undefined` for success, else its last error. Never rejects: a call that fails as a
 * whole fails what it was to send, and not what an earlier one has sent.
 * @param call Answers what failed.
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
