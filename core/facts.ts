/** What whoever writes to a job knows: what the guards of its write are asked with. */
import type { ServiceTime } from './clock.ts';
import type { JobStatus } from './job.ts';
import type { WaitReason } from './waiting.ts';

/** What the writer knows when it writes. Times are milliseconds since the epoch, in the service's time. */
export interface Facts {
  readonly now: ServiceTime;
  /** The version the writer knows, which its transition follows. */
  readonly version: number;
  readonly claimId?: string | undefined;
  /** A job untouched since before this time counts as stuck. */
  readonly stuckBefore?: number | undefined;
  /** The failures there are, this one included. */
  readonly failures?: number | undefined;
  /** The end of the lease that the write brings. */
  readonly leaseExpiresAt?: number | undefined;
  /** Why the job waited when its writer read it. */
  readonly waitingReason?: WaitReason | undefined;
  /** As it was read, where the place that a touch moves it to follows from it. Default: PENDING. */
  readonly status?: JobStatus | undefined;
  /** The last write that its writer has read: of any kind, one that moved no version included. */
  readonly writeId?: string | undefined;
  /** The job's type, where its writer has it from a message and not from the record. */
  readonly type?: string | undefined;
}
