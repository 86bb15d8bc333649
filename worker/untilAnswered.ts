/** Asks the table until it answers: the work is done, or has begun, and giving up would mean doing it again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';
import { JobError } from '../core/errors.ts';
import type { WorkerParts } from './parts.ts';

export interface Asking<Answer> {
  readonly ask: () => Promise<Answer>;
  /** Fires when there is nothing to ask for any more. */
  readonly signal: AbortSignal;
  /** Called at each call that the table did not answer. */
  readonly onAway?: (error: JobError) => void;
}

const backoff = { baseMs: 50, maxMs: 5000 };

/** @throws errors that are not the table's fault; any error, once the signal fired. */
export async function untilAnswered<Answer>(
  { breaker, random }: { readonly breaker: Pick<WorkerParts['breaker'], 'closed'> } & Pick<WorkerParts, 'random'>,
  { ask, signal, onAway = () => undefined }: Asking<Answer>,
): Promise<Answer> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error) || signal.aborted) throw error;
      onAway(error);
      await breaker.closed();
      await sleep(backoffMs(backoff, failures, random), undefined, { signal }).catch(() => undefined);
    }
  }
}

export function isAway(error: unknown): error is JobError {
  return error instanceof JobError && error.code === 'TABLE_UNAVAILABLE';
}
