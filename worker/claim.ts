/** Takes the job of a message, or says why not. */
import { isFinal, type Job } from '../core/job.ts';
import type { JobMessage } from '../core/queue/message.ts';
import { advance } from '../core/usecases/advance.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Acknowledgement } from './outcome.ts';

export type ClaimResult =
  | { readonly claimed: Job; readonly acknowledgement?: undefined }
  | { readonly claimed?: undefined; readonly acknowledgement: Acknowledgement };

export interface ClaimRequest {
  readonly message: JobMessage;
  readonly claimId: string;
  readonly leaseMs: number;
}

type Known = Pick<Job, 'jobId' | 'version' | 'attempts' | 'startedAt'>;

/**
 * First bets that nothing happened since the message was sent: then the claim is one write and no read. A lost bet
 * answers with the record, and the claim is tried again on that.
 */
export async function claimJob(core: Pick<Core, 'table' | 'feed' | 'clock' | 'telemetry'>, request: ClaimRequest): Promise<ClaimResult> {
  const { message } = request;
  const bet: Known = { jobId: message.jobId, version: message.version, attempts: 0 };
  let attempt = await claim(core, request, 'claim', bet);
  while (!attempt.ok) {
    const job = attempt.job;
    const now = await core.table.time();
    if (job === undefined || isFinal(job.status) || job.generation > message.generation) return left({ kind: 'deleted' });
    // Of a generation that is not there: not one of ours. It uses up its receives and becomes a dead letter.
    if (job.generation < message.generation) return left({ kind: 'returned', seconds: Math.ceil(request.leaseMs / 1000) });
    if (job.status === 'PENDING') {
      attempt = await claim(core, request, 'claim', job);
    } else if (job.claim !== undefined && job.claim.expiresAt > now.low) {
      // A duplicate delivery of a job that is held: it waits for the end of the lease, for its holder may die.
      return left({ kind: 'returned', seconds: Math.ceil((job.claim.expiresAt - now.low) / 1000) });
    } else if (job.cancelRequested) {
      const cancelled = await advance(core, 'cancelAbandoned', job, { facts: { now } });
      if (cancelled.ok) return left({ kind: 'deleted' });
      attempt = cancelled;
    } else {
      attempt = await claim(core, request, 'reclaim', job);
    }
  }
  return { claimed: attempt.job };
}

async function claim(
  core: Pick<Core, 'table' | 'feed' | 'clock' | 'telemetry'>,
  request: ClaimRequest,
  event: 'claim' | 'reclaim',
  known: Known,
) {
  const { claimId, leaseMs } = request;
  const now = await core.table.time();
  const attempts = known.attempts + 1;
  return advance(core, event, known, {
    facts: { now },
    attempt: attempts,
    changes: { claim: { id: claimId, expiresAt: now.high + leaseMs }, attempts, startedAt: known.startedAt ?? now.at },
  });
}

function left(acknowledgement: Acknowledgement): ClaimResult {
  return { acknowledgement };
}
