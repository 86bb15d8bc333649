/** Tries a call to the table until it is answered, for as long as the claim lasts: the work is done, or has begun. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';
import { JobError } from '../core/errors.ts';
import type { ClaimedWork } from './claimedWork.ts';

export interface Persistent<Answer> {
  /** For the log: what could not be done. */
  readonly failure: string;
  readonly attempt: () => Promise<Answer>;
  /** Fires when there is nothing to try for any more. */
  readonly lost: AbortSignal;
}

/** @throws what is no fault of the table's; some error once the signal fired. */
export async function persist<Answer>(
  { settings, random, log }: Pick<ClaimedWork, 'settings' | 'random' | 'log'>,
  { failure, attempt, lost }: Persistent<Answer>,
): Promise<Answer> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof JobError) || lost.aborted) throw error;
      log.warn({ error }, `${failure}; trying again`);
      const delayMs = backoffMs({ baseMs: settings.backoffBaseMs, maxMs: settings.backoffMaxMs }, failures, random);
      await sleep(delayMs, undefined, { signal: lost });
    }
  }
}
