/**
 * What a job is: the words of the house, and the record as every part sees it.
 *
 * - job: one piece of work a client handed in; its ticket is the `jobId`.
 * - version: 1 at creation, +1 at every transition; watchers order events by it.
 * - generation: 1 at creation, +1 at every retry by a client; a message names the generation it was sent for.
 * - attempt: one run of a handler. A receive (one delivery by SQS) makes up to `attemptsPerReceive` of them.
 * - claim: the right of one worker to work on the job; its lease runs out unless a heartbeat renews it.
 * - failure: an attempt that ended in an error. Stops and lost workers are none.
 * - loss: a claim that ran out although nobody concluded it: its worker died, or starved.
 * - budget: how many failures (`maxFailures`) and losses (`maxLosses`) end a generation.
 */

import type { Waiting } from './waiting.ts';

export const jobStatuses = ['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** States no worker leaves. Only `retryJob` does, and it begins a new generation. */
export const finalStatuses = ['SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'] as const satisfies readonly JobStatus[];
export type FinalStatus = (typeof finalStatuses)[number];

/** Ends that somebody may look into. */
export const failedStatuses = ['FAILED', 'FAILED_FINAL', 'CANCELLED'] as const satisfies readonly FinalStatus[];
export type FailedStatus = (typeof failedStatuses)[number];

export function isFailed(status: JobStatus): status is FailedStatus {
  return (failedStatuses as readonly JobStatus[]).includes(status);
}

export function isFinal(status: JobStatus): status is FinalStatus {
  return (finalStatuses as readonly JobStatus[]).includes(status);
}

/** Whether there may be jobs with this tag. */
export function isTag(text: string): boolean {
  return text !== '' && Array.from(text).length <= maxTagLength;
}

/** Highest first: the order in which workers look. */
export const jobPriorities = ['HIGH', 'NORMAL', 'LOW'] as const;
export type JobPriority = (typeof jobPriorities)[number];

/** `undefined` marks a key that is left out, as `JSON.stringify` does. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/** Params or a result, as the record has them: themselves, or where they are kept apart and read when needed. */
export type Payload = { readonly kind: 'inline'; readonly value: JsonValue } | ApartPayload;

export interface ApartPayload {
  readonly kind: 'apart';
  readonly key: string;
  /** Seconds since the epoch: at least so long it is kept. */
  readonly expiresAt: number;
}

/** Why an attempt did not succeed, as clients read it. */
export interface JobFailure {
  /** A word to branch on: `ATTEMPT_FAILED`, `TIMEOUT`, `PERMANENT`, `QUEUE_UNAVAILABLE`, `WORKERS_LOST` … */
  readonly code: string;
  readonly message: string;
  /** The attempt that failed; 0 when none had begun. */
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The right of one worker to work on the job until `expiresAt` (milliseconds since the epoch, in the service's time). */
export interface Claim {
  readonly id: string;
  readonly expiresAt: number;
}

export interface WorkflowPart {
  readonly workflowId: string;
  /** Unique in its workflow. */
  readonly name: string;
}

export interface JobParent {
  readonly jobId: string;
  /** What the parent's handler calls it. */
  readonly name: string;
  /** 1 for a child of a job that was handed in. */
  readonly depth: number;
  /** The parent’s generation that made it, or last named it; absent = 1. */
  readonly generation?: number | undefined;
}

/** A job as it was when it had failed: one that was retried since is no cause any more. */
export interface Cause {
  readonly jobId: string;
  readonly generation: number;
}

/** One transition. Versions are contiguous: the last entry's is the record's. */
export interface HistoryEntry {
  readonly version: number;
  readonly status: JobStatus;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly attempt: number;
  readonly error?: JobFailure | undefined;
}

/** The record. All times but `expiresAt` are milliseconds since the epoch, in the service's time. */
export interface Job {
  readonly jobId: string;
  readonly owner: string;
  readonly type: string;
  readonly priority: JobPriority;
  readonly params: Payload;
  readonly payloadHash: string;
  readonly idempotencyKey?: string | undefined;
  /** What its client calls it, to find it again: each once, in the order given; absent = none. */
  readonly tags?: readonly string[] | undefined;
  readonly status: JobStatus;
  readonly version: number;
  readonly generation: number;
  /** Attempts begun in this generation: for showing only, since a stop begins one more without a failure. */
  readonly attempts: number;
  /** Attempts that failed in this generation. */
  readonly failures: number;
  readonly maxFailures: number;
  /** Claims of this generation that ran out unconcluded. */
  readonly losses: number;
  readonly maxLosses: number;
  /** The start that its client asked for. */
  readonly runAt?: number | undefined;
  /** No attempt begins before; absent = at once. */
  readonly dueAt?: number | undefined;
  /** Waits on purpose, for something that will send it anew; absent = waits for a worker. PENDING jobs alone have it. */
  readonly waiting?: Waiting | undefined;
  /** The workflow that it is of, and what that calls it. */
  readonly workflow?: WorkflowPart | undefined;
  /** The job whose handler made it. */
  readonly parent?: JobParent | undefined;
  /** The one job that it looks at now, of those that it waits for; absent = of none. */
  readonly waitsFor?: string | undefined;
  /** The failed job, and its generation, that it was cancelled for. CANCELLED jobs alone have it. */
  readonly cause?: Cause | undefined;
  /** The version of its last end, or new start, of which those that wait for it are still to be told. */
  readonly tell?: number | undefined;
  /** Its handler has given its slot back, and goes on with the same attempt when it is claimed next; absent = it has not. */
  readonly suspended?: boolean | undefined;
  /** Something is kept beside it, by names of its handler’s, that goes when the record does; see `mayKeep`. */
  readonly keeps?: true | undefined;
  /** Its handler has made children, or is about to make its first one. */
  readonly hasChildren?: true | undefined;
  /** The generation from whose start its steps count; absent = 1, all of them. */
  readonly stepsFrom?: number | undefined;
  /** Which jobs of its type it counts with, where limits go by key; absent = with all that have none. */
  readonly concurrencyKey?: string | undefined;
  readonly rateKey?: string | undefined;
  /** Those keys are still to be made, of params that came with results of other jobs. */
  readonly hasLateKeys?: true | undefined;
  readonly claim?: Claim | undefined;
  readonly cancelRequested: boolean;
  /** Percent, 0 to 100, as the handler last reported it. */
  readonly progress?: number | undefined;
  readonly result?: Payload | undefined;
  readonly error?: JobFailure | undefined;
  /** Oldest first; bounded by `maxHistory`, so a job of many transitions has lost its first entries. */
  readonly history: readonly HistoryEntry[];
  readonly traceId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** Seconds since the epoch, as DynamoDB's TTL wants it; only a job that has ended is ever deleted. */
  readonly expiresAt?: number | undefined;
  /** How often the sweeper sent this generation again. */
  readonly sweeps: number;
  readonly sweptAt?: number | undefined;
  /** Its owner's webhooks have deliveries of all versions up to this one; absent = its owner has none, see `webhook.ts`. */
  readonly webhookVersion?: number | undefined;
  /** The last write's own id: tells an answer that was lost from a race that was lost. */
  readonly writeId: string;
}

/** The entries that are kept: a job may be stopped and released without end. */
export const maxHistory = 50;
/** Workers that a generation may lose before it is taken for their killer. */
export const maxLosses = 3;
/** SQS: DelaySeconds, 0 to 900 (15 minutes). */
export const maxDelaySeconds = 900;
export const maxIdempotencyKeyLength = 255;
export const maxTags = 5;
/** In characters, however many units a character takes. */
export const maxTagLength = 64;
/** As JSON. An item of DynamoDB's has at most 400 KB. */
export const maxParamsBytes = 256 * 1024;
/** A result that is larger belongs into S3. */
export const maxResultBytes = 100 * 1024;
export const maxErrorMessageLength = 1000;

/** What there is to know of a job, beside its id, to send its message. */
export const queuedFields = [
  'owner',
  'type',
  'priority',
  'version',
  'generation',
  'attempts',
  'dueAt',
  'traceId',
  'createdAt',
  'sweeps',
] as const;

/** `dueAt` is absent, or `null` where it was read without the record. */
export type QueuedJob = Omit<Pick<Job, 'jobId' | (typeof queuedFields)[number]>, 'dueAt'> & { readonly dueAt?: number | null | undefined };
