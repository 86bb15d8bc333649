/**
 * The conditions of writes. Each guard stands here once, in both its forms: the condition that DynamoDB checks, and the same
 * predicate over a record in memory. `:names` in a condition are the facts of that name.
 */
import type { ServiceTime } from './clock.ts';
import type { Job, JobStatus } from './job.ts';
import type { WaitReason } from './waiting.ts';

/** What the writer knows when it writes. Times are milliseconds since the epoch, in the service's time. */
export interface Facts {
  readonly now: ServiceTime;
  /** The version that the writer has read; its transition makes the next one. */
  readonly version: number;
  readonly claimId?: string | undefined;
  /** A job untouched since before this time counts as stuck. */
  readonly stuckBefore?: number | undefined;
  /** The number of failures, including this one. */
  readonly failures?: number | undefined;
  /** The end of the lease that the write sets. */
  readonly leaseExpiresAt?: number | undefined;
  /** Why the job waited when its writer read it. */
  readonly waitingReason?: WaitReason | undefined;
  /** As they were read, for a touch that moves the job to another place. Default: PENDING, with nothing to tell. */
  readonly status?: JobStatus | undefined;
  readonly tell?: number | undefined;
  readonly webhookVersion?: number | undefined;
  /** The id of the last write that its writer has read: any write, even one that did not raise the version. */
  readonly writeId?: string | undefined;
  /** The job's type, where its writer has it from a message and not from the record. */
  readonly type?: string | undefined;
}

/** The names that a condition may use: the facts, and the bound of the time by which deadlines are judged. */
export function conditionValues({ now, ...facts }: Partial<Facts>): Readonly<Record<string, string | number | boolean | undefined>> {
  return { ...facts, low: now?.low, true: true, false: false };
}

/** Part of the condition of every transition, beside its guards. */
export const sameVersion = 'version = :version';

export interface Guard {
  readonly meaning: string;
  readonly condition: string;
  /** Checked only where the writer gives this fact. */
  readonly needs?: keyof Facts;
  holds(job: Job, facts: Partial<Facts>): boolean;
}

const never = Number.NEGATIVE_INFINITY;

export const guards = {
  due: {
    meaning: 'it is due',
    condition: '(attribute_not_exists(dueAt) OR dueAt <= :low)',
    holds: ({ dueAt }, { now }) => dueAt === undefined || dueAt <= (now?.low ?? never),
  },
  lapsed: {
    meaning: 'no worker’s lease is running',
    condition: '(attribute_not_exists(claim) OR claim.expiresAt <= :low)',
    holds: ({ claim }, { now }) => claim === undefined || claim.expiresAt <= (now?.low ?? never),
  },
  holdsClaim: {
    meaning: 'the writer holds the claim (fencing)',
    condition: 'claim.id = :claimId',
    holds: ({ claim }, { claimId }) => claim !== undefined && claim.id === claimId,
  },
  cancelRequested: {
    meaning: 'a cancel was asked for',
    condition: 'cancelRequested = :true',
    holds: (job) => job.cancelRequested,
  },
  cancelNotRequested: {
    meaning: 'no cancel was asked for',
    condition: 'cancelRequested = :false',
    holds: (job) => !job.cancelRequested,
  },
  stuck: {
    meaning: 'nothing touched the job for longer than STUCK_AFTER_SECONDS, its delay included',
    condition: 'updatedAt < :stuckBefore AND (attribute_not_exists(dueAt) OR dueAt < :stuckBefore)',
    holds: ({ updatedAt, dueAt }, { stuckBefore = never }) => updatedAt < stuckBefore && (dueAt ?? never) < stuckBefore,
  },
  notYetCounted: {
    meaning: 'this failure is not counted yet, even if the request is delivered twice',
    condition: '(attribute_not_exists(failures) OR failures < :failures)',
    holds: (job, { failures = never }) => job.failures < failures,
  },
  // This guard and the next are not decisions: a worker may write its claim without a read, relying on a message.
  notParked: {
    meaning: 'it does not wait on purpose',
    condition: 'attribute_not_exists(waiting)',
    holds: ({ waiting }) => waiting === undefined,
  },
  ofType: {
    meaning: 'it is of the type that the message named',
    condition: '#type = :type',
    needs: 'type',
    holds: (job, { type }) => type === undefined || job.type === type,
  },
  parkedFor: {
    meaning: 'it still waits for what the writer found to be over',
    condition: 'waiting.reason = :waitingReason',
    holds: ({ waiting }, { waitingReason }) => waiting !== undefined && waiting.reason === waitingReason,
  },
  unchanged: {
    meaning: 'no transition was made since it was read',
    condition: sameVersion,
    holds: (job, { version }) => job.version === version,
  },
  asRead: {
    meaning: 'nothing at all was written since it was read',
    condition: 'writeId = :writeId',
    needs: 'writeId',
    holds: (job, { writeId }) => writeId === undefined || job.writeId === writeId,
  },
  laterLease: {
    meaning: 'the lease grows, whichever renewal lands last',
    condition: 'claim.expiresAt < :leaseExpiresAt',
    holds: ({ claim }, { leaseExpiresAt = never }) => claim !== undefined && claim.expiresAt < leaseExpiresAt,
  },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof guards;
