/** Writes how a receive ended, under the claim, and says what becomes of the message. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';
import { JobError } from '../core/errors.ts';
import { isFinal } from '../core/job.ts';
import type { WriteResult } from '../core/table/jobTable.ts';
import { advance } from '../core/usecases/advance.ts';
import type { ClaimedWork } from './claimedWork.ts';
import type { Acknowledgement, Outcome } from './outcome.ts';

export interface Ending {
  readonly outcome: Outcome;
  readonly percent: number | undefined;
  /** Fires when the claim is lost: there is nothing to write any more. */
  readonly lost: AbortSignal;
}

export async function conclude(work: ClaimedWork, { outcome, percent, lost }: Ending): Promise<Acknowledgement> {
  const { log } = work;
  const written = outcome.kind === 'claimLost' ? undefined : await persist(work, () => write(work, outcome, percent), lost);
  if (written?.ok === true) {
    const { status, attempts } = written.job;
    log.info({ status, attempts, outcome: outcome.kind }, 'a receive ended');
    if (isFinal(status)) return { kind: 'deleted' };
    return { kind: 'returned', seconds: outcome.kind === 'failed' ? Math.ceil(outcome.delayMs / 1000) : 0 };
  }
  // Only what has ended, or begun anew, lets its message go: the message may be the only one that names the job.
  const present = written === undefined ? await work.core.table.get(work.job.jobId) : written.job;
  if (present === undefined || isFinal(present.status) || present.generation > work.job.generation) return { kind: 'deleted' };
  log.warn('the claim was lost; whoever holds the job now goes on');
  return { kind: 'left' };
}

/** The work is done and would be done again: while the lease lasts, a table that is away is tried again. */
async function persist(
  { settings, random, log }: ClaimedWork,
  attempt: () => Promise<WriteResult>,
  lost: AbortSignal,
): Promise<WriteResult | undefined> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof JobError) || lost.aborted) throw error;
      log.warn({ error }, 'the outcome could not be written; trying again');
      const delayMs = backoffMs({ baseMs: settings.backoffBaseMs, maxMs: settings.backoffMaxMs }, failures, random);
      await sleep(delayMs, undefined, { signal: lost });
    }
  }
}

async function write(
  work: ClaimedWork,
  outcome: Exclude<Outcome, { kind: 'claimLost' }>,
  percent: number | undefined,
): Promise<WriteResult> {
  const { core, job, claimId } = work;
  const { attempt } = outcome;
  const facts = { now: await core.table.time(), claimId };
  const progress = percent === undefined ? {} : { progress: percent };
  switch (outcome.kind) {
    case 'succeeded':
      return advance(core, 'succeed', job, { facts, attempt, changes: { ...progress, result: outcome.result, error: null } });
    case 'cancelled':
      return advance(core, 'stop', job, { facts, attempt, changes: progress });
    case 'failedForGood':
      return orStop(work, attempt, await advance(core, 'failForGood', job, { facts, attempt, changes: progress, error: outcome.error }));
    case 'failed':
      return orStop(work, attempt, await advance(core, 'release', job, { facts, attempt, changes: progress, error: outcome.error }));
    case 'released':
      return orStop(work, attempt, await advance(core, 'release', job, { facts, attempt, changes: progress }));
    default:
      return outcome satisfies never;
  }
}

/** A job whose cancel was asked for meanwhile ends cancelled, instead of failed or released. */
async function orStop({ core, job, claimId }: ClaimedWork, attempt: number, written: WriteResult): Promise<WriteResult> {
  if (written.ok || written.job?.claim?.id !== claimId || !written.job.cancelRequested) return written;
  return advance(core, 'stop', job, { facts: { now: await core.table.time(), claimId }, attempt });
}
