/** One step of the state machine on a job that was read: writes it, and tells the feed what the record says now. */
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { latestEventOf } from '../feed/event.ts';
import { isFinal, type HistoryEntry, type Job, type JobFailure } from '../job.ts';
import type { Changes, WriteResult } from '../table/jobTable.ts';
import { transitionOf, type Facts, type TransitionEvent } from '../transitions.ts';
import type { Core } from './core.ts';

export interface Step {
  readonly facts: Omit<Facts, 'version'>;
  /** Default: the attempts the job has begun. */
  readonly attempt?: number;
  readonly changes?: Changes;
  readonly error?: JobFailure | undefined;
  readonly keptHistory?: readonly HistoryEntry[];
}

/** `ok: false` with the present record when the job is no longer as it was read. */
export async function advance(
  { table, feed, telemetry }: Pick<Core, 'table' | 'feed' | 'telemetry'>,
  event: TransitionEvent,
  job: Pick<Job, 'jobId' | 'version' | 'attempts'>,
  { facts, attempt = job.attempts, changes, ...rest }: Step,
): Promise<WriteResult> {
  const { to } = transitionOf(event);
  const ending: Changes = isFinal(to) ? { finishedAt: facts.now } : {};
  const claim: Changes = to === 'PROCESSING' ? {} : { claim: null };
  const result = await table.transition(event, job.jobId, {
    ...rest,
    facts: { ...facts, version: job.version },
    attempt,
    changes: { ...ending, ...claim, ...changes },
  });
  // Lost, it shows what another has written, or this writer itself before its answer was lost: perhaps never told.
  // Not awaited: the feed is a hint, and the writer has nothing to do with how fast it is.
  if (result.job !== undefined) void feed.publish(latestEventOf(result.job));
  if (result.ok) measure(telemetry, event, result.job);
  return result;
}

function measure(telemetry: Telemetry, event: TransitionEvent, { type, status, createdAt, updatedAt }: Job): void {
  if (isFinal(status)) {
    telemetry.count('jobsFinished', { type, status });
    telemetry.record('endToEnd', (updatedAt - createdAt) / 1000, { type, status });
  }
  if (event === 'deadLetter') telemetry.count('deadLetters', { type });
  if (event === 'retry' || event === 'retryStuck') telemetry.count('jobsRetried', { type });
}
