/** Jobs as the API returns them, in the form of its schema. Times are RFC 3339, in UTC. */

export type JobStatus = 'PENDING' | 'PROCESSING' | 'SUCCEEDED' | 'FAILED' | 'FAILED_FINAL' | 'CANCELLED';
export type JobPriority = 'HIGH' | 'NORMAL' | 'LOW';
/** Why a job that is PENDING is not being worked on. */
export type WaitingReason =
  | 'QUEUED'
  | 'RUN_AT'
  | 'BACKOFF'
  | 'PAUSED'
  | 'CONCURRENCY'
  | 'RATE_LIMIT'
  | 'SLEEP'
  | 'SIGNAL'
  | 'DEPENDENCIES'
  | 'NO_WORKER';

/** States that no worker leaves; only `retryJob` does. */
export function isFinal(status: JobStatus): boolean {
  return status !== 'PENDING' && status !== 'PROCESSING';
}

export interface JobFailure {
  /** For programs to branch on: ATTEMPT_FAILED, TIMEOUT, PERMANENT, QUEUE_UNAVAILABLE … */
  readonly code: string;
  readonly message: string;
  readonly attempt: number;
  readonly at: string;
}

export interface JobHistoryEntry {
  readonly version: number;
  readonly status: JobStatus;
  readonly at: string;
  readonly attempt: number;
  readonly error: JobFailure | null;
}

/** A job as in lists: without the fields that may be large. */
export interface JobSummary {
  /** The job's id, its ticket. */
  readonly jobId: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly priority: JobPriority;
  /** The last failure of this generation. */
  readonly error: JobFailure | null;
  /** Percent, 0 to 100. */
  readonly progress: number | null;
  /** The start that was asked for. */
  readonly runAt: string | null;
  /** While it is PENDING, as it was when the job was read: events do not contain it. */
  readonly waitingReason: WaitingReason | null;
  /** If it is known. */
  readonly waitingUntil: string | null;
  readonly attempts: number;
  /** +1 at every change of status: pass it as `afterVersion` to resume a watch. */
  readonly version: number;
  /** +1 at every retry. */
  readonly generation: number;
  readonly traceId: string;
  readonly idempotencyKey: string | null;
  /** The idempotency key with which it was created. */
  readonly tags: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly expiresAt: string;
}

export interface Job<Params = unknown, Result = unknown> extends JobSummary {
  /** With the type’s defaults filled in. */
  readonly params: Params;
  /** Once SUCCEEDED. */
  readonly result: Result | null;
  /** Oldest first. */
  readonly history: readonly JobHistoryEntry[];
}

export interface JobsFilter {
  readonly status?: readonly JobStatus[] | undefined;
  readonly type?: readonly string[] | undefined;
  /** The jobs must have all of these. */
  readonly tags?: readonly string[] | undefined;
  /** RFC 3339: at this moment or later. */
  readonly createdAfter?: string | undefined;
  /** RFC 3339. */
  readonly createdBefore?: string | undefined;
  /** While it is remembered, 24 hours. */
  readonly idempotencyKey?: string | undefined;
  readonly jobIdPrefix?: string | undefined;
  readonly errorCode?: string | undefined;
}

/** A change of status or, under a version already seen, of progress. */
export interface JobStatusEvent {
  readonly jobId: string;
  readonly version: number;
  readonly status: JobStatus;
  readonly previousStatus: JobStatus | null;
  readonly attempt: number;
  readonly at: string;
  readonly error: JobFailure | null;
  readonly progress: number | null;
  /** Null: live. True: missed and read from the job’s history. False: earlier versions could not be recovered. */
  readonly recovered: boolean | null;
}

const failureFields = 'error { code message attempt at }';

export const summaryFields = `
  jobId type status priority progress runAt waitingReason waitingUntil attempts version generation traceId idempotencyKey tags
  createdAt updatedAt startedAt finishedAt expiresAt ${failureFields}`;

export const historyFields = `history { version status at attempt ${failureFields} }`;

export const jobFields = `${summaryFields} params result ${historyFields}`;

export const eventFields = `jobId version status previousStatus attempt at progress recovered ${failureFields}`;
