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
export function shortWait(job: WaitingJob & Pick<ListedJob, 'waitingUntil'>, now: number): string {
  const { waitingReason, waitingUntil, awaitedSignals } = job;
  if (waitingReason === null) return '';
  const ms = waitingUntil === null ? 0 : Date.parse(waitingUntil) - now;
  const what = awaitedSignals.length > 0 ? `for ${namedSignals(awaitedSignals)}` : words[waitingReason];
  return `${waitsForChildren(job) ? 'for jobs that it made' : what}${ms > 0 ? `: ${formatDuration(ms)}` : ''}`;
}

type WaitingJob = Pick<ListedJob, 'waitingReason' | 'awaitedSignals' | 'attempts'>;

/** Once its handler has begun, all of its dependencies have ended: so it waits for its children. */
export function waitsForChildren({ waitingReason, attempts }: Pick<WaitingJob, 'waitingReason' | 'attempts'>): boolean {
  return waitingReason === 'DEPENDENCIES' && attempts > 0;
}

/** For at least one name. */
export function namedSignals(names: readonly string[]): string {
  return `the ${names.length > 1 ? 'signals' : 'signal'} ${names.map((name) => `“${name}”`).join(', ')}`;
}
