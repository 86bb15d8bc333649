/**
 * The contract of the jobs' table: the only writer of job records, whatever engine keeps them.
 *
 * Losing a conditional write is normal and is an answer, not an error: `{ ok: false, job }` with the record as it is.
 * Every write carries a writeId, so that a write whose answer was lost is told from a race that was lost.
 * Errors: `TABLE_UNAVAILABLE` when the table does not answer.
 */
import type { Claim, HistoryEntry, Job, JobFailure, JobStatus, JsonValue } from '../job.ts';
import type { Facts, Touch, TransitionEvent } from '../transitions.ts';

export type WriteResult = { readonly ok: true; readonly job: Job } | { readonly ok: false; readonly job: Job | undefined };

export interface TransitionInput {
  readonly facts: Facts;
  /** The attempt that the history's entry records. */
  readonly attempt: number;
  readonly changes?: Changes;
  /** Recorded in the history's entry and as the job's error. */
  readonly error?: JobFailure | undefined;
  /** Replaces the history that the new entry is appended to. */
  readonly keptHistory?: readonly HistoryEntry[];
}

export interface JobTable extends Listings {
  /** Puts a new job; `ok: false` when one of that id exists. */
  create(job: Omit<Job, 'writeId'>): Promise<WriteResult>;
  /** Takes the idempotency key for this job, or answers whose it is. An expired lock counts as absent. */
  lock(
    owner: string,
    idempotencyKey: string,
    lock: IdempotencyLock,
    nowSeconds: number,
  ): Promise<{ readonly taken: boolean; readonly lock: IdempotencyLock }>;
  readLock(owner: string, idempotencyKey: string): Promise<IdempotencyLock | undefined>;
  /** A strongly consistent read. */
  get(jobId: string): Promise<Job | undefined>;
  /** Strongly consistent, in the order asked for; up to 100. */
  getMany(jobIds: readonly string[]): Promise<readonly (Job | undefined)[]>;
  /** The only way a status changes; see `transitions`. */
  transition(event: TransitionEvent, jobId: string, input: TransitionInput): Promise<WriteResult>;
  /** A write that leaves status and version alone; see `touches`. */
  touch(touch: Touch, jobId: string, facts: Partial<Facts>, changes: Changes): Promise<WriteResult>;
  /** @throws when the table does not answer or is not active. */
  check(): Promise<void>;
}

/** What a write changes beside status, version and history. `null` removes the attribute; absent leaves it alone. */
export interface Changes {
  readonly claim?: Claim | null | undefined;
  readonly leaseExpiresAt?: number | undefined;
  readonly attempts?: number | undefined;
  readonly generation?: number | undefined;
  readonly cancelRequested?: boolean | undefined;
  readonly progress?: number | null | undefined;
  readonly result?: JsonValue | null | undefined;
  readonly error?: JobFailure | null | undefined;
  readonly startedAt?: number | null | undefined;
  readonly finishedAt?: number | null | undefined;
  readonly notBefore?: number | undefined;
  readonly sweeps?: number | undefined;
  readonly sweptAt?: number | undefined;
}

export interface IdempotencyLock {
  readonly jobId: string;
  readonly payloadHash: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export interface OwnerQuery {
  readonly owner: string;
  readonly status?: readonly JobStatus[] | undefined;
  readonly type?: readonly string[] | undefined;
  /** Newest first goes down in jobId, and up otherwise. */
  readonly newestFirst: boolean;
  /** Exclusive: only jobs beyond this one, in the direction of the listing. */
  readonly beyond?: string | undefined;
  readonly limit: number;
}

export interface Listings {
  /**
   * Ids of an owner's jobs from the index, which is eventually consistent and knows outcomes but not the difference of
   * PENDING and PROCESSING: whoever filters by status looks at the records too. Fewer than `limit` ids: there are no more.
   */
  listOwned(query: OwnerQuery): Promise<readonly string[]>;
  /** Ids of jobs that have not ended and were created before this id could be, oldest first: up to `limit` a shard. */
  listOpen(options: { readonly before: string; readonly limit: number }): AsyncIterable<readonly string[]>;
}
