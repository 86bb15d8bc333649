/** The record of a run: what clients were answered, what watchers saw, which writes the table accepted, and its contents at the end. */
import type { Job, JobStatus } from '../../core/job.ts';

/** An answer to `createJob` that named a job: the job is accepted, whether it was queued or not. */
export interface Accepted {
  readonly owner: string;
  readonly jobId: string;
  readonly idempotencyKey?: string | undefined;
  readonly created: boolean;
}

export interface SeenEvent {
  readonly jobId: string;
  readonly version: number;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly progress?: number | null | undefined;
  /** False: the watcher learned that versions before this one could not be recovered. */
  readonly recovered?: boolean | null | undefined;
}

/** One watcher of one job, over all its reconnects. */
export interface Watcher {
  readonly owner: string;
  readonly jobId: string;
  readonly events: readonly SeenEvent[];
  /** `completed`: the subscription ended by itself. `left`: the test ended it. */
  readonly end: 'completed' | 'left' | { readonly error: string };
}

/** One watcher of all of an owner's jobs, from its start to its end: a new start counts as another watcher. */
export interface OwnerWatcher {
  readonly owner: string;
  /** When it had surely begun, in milliseconds since the epoch: it must get all later events. */
  readonly since: number;
  readonly events: readonly SeenEvent[];
  /** `interrupted`: with `FEED_INTERRUPTED`. `left`: the test ended it, having waited for the stated bound. */
  readonly end: 'interrupted' | 'left' | { readonly error: string };
}

/** A write to a job's record that took effect, as the proxies in front of the table saw it. */
export interface Write {
  readonly jobId: string;
  /** The record's, after the write. */
  readonly version: number;
  readonly status: JobStatus;
  readonly generation: number;
  /** Who holds the job after the write. */
  readonly claimId: string | undefined;
  /** The claim that the writer says it holds. */
  readonly fence: string | undefined;
  /** False for a touch, which leaves version and status unchanged. */
  readonly isTransition: boolean;
  /** What the record then says of its budget and its due time; absent where it was not read. */
  readonly counts?: Counts | undefined;
}

export interface Counts {
  readonly failures: number;
  readonly maxFailures: number;
  readonly losses: number;
  readonly maxLosses: number;
  readonly cancelRequested: boolean;
  /** Times in milliseconds since the epoch. */
  readonly dueAt?: number | undefined;
  readonly updatedAt: number;
  /** When the answer was seen, by the recorder's own clock. */
  readonly seenAt: number;
}

export interface History {
  readonly accepted: readonly Accepted[];
  readonly watchers: readonly Watcher[];
  readonly ownerWatchers?: readonly OwnerWatcher[] | undefined;
  /** Absent: they were not recorded. */
  readonly writes?: readonly Write[] | undefined;
  /** Every job record at the end. */
  readonly table: readonly Job[];
}

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10';

export interface Violation {
  readonly invariant: Invariant;
  readonly jobId: string;
  readonly what: string;
}
