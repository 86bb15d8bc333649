/** Writes how a receive ended, under the claim, and says what becomes of the message. */
import { isFinal, type JsonValue, type Payload } from '../core/job.ts';
import type { WriteResult } from '../core/table/jobTable.ts';
import { advance } from '../core/usecases/advance.ts';
import type { ClaimedWork } from './claimedWork.ts';
import type { Acknowledgement, Outcome } from './outcome.ts';
import { persist } from './persist.ts';

export interface Ending {
  readonly outcome: Outcome;
  readonly percent: number | undefined;
  /** Fires when the claim is lost: there is nothing to write any more. */
  readonly lost: AbortSignal;
}

const failure = 'the outcome could not be written';

export async function conclude(work: ClaimedWork, { outcome, percent, lost }: Ending): Promise<Acknowledgement> {
  const { log } = work;
  const result = outcome.kind === 'succeeded' ? await keepResult(work, outcome.result, lost) : undefined;
  const written =
    outcome.kind === 'claimLost'
      ? undefined
      : await persist(work, { failure, attempt: () => write(work, { outcome, percent, result }), lost });
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

/** Once, however often the record's own write is tried. */
function keepResult(work: ClaimedWork, value: JsonValue, lost: AbortSignal): Promise<Payload> {
  const { table, clock } = work.core;
  const { jobId } = work.job;
  return persist(work, { failure, attempt: () => table.keepPayload({ jobId, kind: 'result', value, now: clock.now() }), lost });
}

interface Written {
  readonly outcome: Exclude<Outcome, { kind: 'claimLost' }>;
  readonly percent: number | undefined;
  readonly result: Payload | undefined;
}

async function write(work: ClaimedWork, { outcome, percent, result }: Written): Promise<WriteResult> {
  const { core, job, claimId } = work;
  const { attempt } = outcome;
  const facts = { now: await core.table.time(), claimId };
  const progress = percent === undefined ? {} : { progress: percent };
  switch (outcome.kind) {
    case 'succeeded':
      return advance(core, 'succeed', job, { facts, attempt, changes: { ...progress, result, error: null } });
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
