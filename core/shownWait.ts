/** Why a job waits, as clients read it: one word per cause, taken from its record. */
import type { ServiceTime } from './clock.ts';
import type { Job } from './job.ts';
import type { WaitReason } from './waiting.ts';

/** QUEUED: it needs nothing but a worker. */
export type WaitingReason = WaitReason | 'QUEUED' | 'BACKOFF' | 'NO_WORKER';

export interface ShownWait {
  readonly reason: WaitingReason;
  readonly until?: number | undefined;
}

/**
 * The word alone. For a job that needs only a worker, it also says whether there is one. That is not in the record, since
 * workers come and go: `knowsType` says it of those that run.
 */
export async function shownReasonOf(
  job: Parameters<typeof shownWaitOf>[0] & Pick<Job, 'type'>,
  now: Pick<ServiceTime, 'low'>,
  knowsType: (type: string) => Promise<boolean>,
): Promise<WaitingReason | undefined> {
  const reason = shownWaitOf(job, now)?.reason;
  return reason === 'QUEUED' && !(await knowsType(job.type)) ? 'NO_WORKER' : reason;
}

/** Undefined for a job that does not wait: one that a worker has, or one that has ended. */
export function shownWaitOf(
  { status, waiting, dueAt, failures, suspended }: Pick<Job, 'status' | 'waiting' | 'dueAt' | 'failures' | 'suspended'>,
  now: Pick<ServiceTime, 'low'>,
): ShownWait | undefined {
  if (status !== 'PENDING') return undefined;
  if (waiting !== undefined) return { reason: waiting.reason, until: waiting.until };
  if (dueAt === undefined || dueAt <= now.low) return { reason: 'QUEUED' };
  if (suspended === true) return { reason: 'SLEEP', until: dueAt };
  return { reason: failures > 0 ? 'BACKOFF' : 'RUN_AT', until: dueAt };
}
