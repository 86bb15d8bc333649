/** What a job waits for, in a few words that fit into a row of the table. */
import type { WaitingReason } from '../client/job.ts';
import type { ListedJob } from './documents.ts';
import { formatDuration } from './durations.ts';

const words: Readonly<Record<WaitingReason, string>> = {
  QUEUED: 'for a worker',
  RUN_AT: 'for its time',
  BACKOFF: 'for its next attempt',
  PAUSED: 'until it is resumed',
  CONCURRENCY: 'for others to end',
  RATE_LIMIT: 'for its turn',
  DEPENDENCIES: 'for other jobs to end',
  SLEEP: 'sleeps',
  SIGNAL: 'for a signal',
  NO_WORKER: 'no worker knows it',
};

/** Empty for a job that does not wait. */
export function shortWait({ waitingReason, waitingUntil }: Pick<ListedJob, 'waitingReason' | 'waitingUntil'>, now: number): string {
  if (waitingReason === null) return '';
  const ms = waitingUntil === null ? 0 : Date.parse(waitingUntil) - now;
  return ms > 0 ? `${words[waitingReason]}: ${formatDuration(ms)}` : words[waitingReason];
}
