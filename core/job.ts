/**
 * What a job is: the terms used everywhere, and the record as every part of the program sees it.
 *
 * - job: one piece of work that a client handed in; its ticket is the `jobId`.
 * - version: 1 at creation, +1 at every transition; watchers order events by it.
 * - generation: 1 at creation, +1 at every retry by a client; a message names the generation it was sent for.
 * - attempt: one run of a handler. A receive (one delivery by SQS) makes up to `attemptsPerReceive` of them.
 * - claim: the right of one worker to work on the job; its lease runs out unless a heartbeat renews it.
 * - failure: an attempt that ended in an error. Stops and lost workers do not count as failures.
 * - loss: a claim that expired before its worker reported an outcome: the worker died, or its event loop was blocked.
 * - budget: how many failures (`maxFailures`) and losses (`maxLosses`) end a generation.
 */

import type { Waiting } from './waiting.ts';

export const jobStatuses = ['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** States no worker leaves. Only `retryJob` does, and it begins a new generation. */
export const finalStatuses = ['SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'] as const satisfies readonly JobStatus[];
export type FinalStatus = (typeof finalStatuses)[number];

/** Final states that a person may want to look into. */
export const failedStatuses = ['FAILED', 'FAILED_FINAL', 'CANCELLED'] as const satisfies readonly FinalStatus[];
export type FailedStatus = (typeof failedStatuses)[number];

export function isFailed(status: JobStatus): status is FailedStatus {
  return (failedStatuses as readonly JobStatus[]).includes(status);
}

export function isFinal(status: JobStatus): status is FinalStatus {
  return (finalStatuses as readonly JobStatus[]).includes(status);
}

/** False where a job can never have this tag. */
export function isTag(text: string): boolean {
  return text !== '' && Array.from(text).length <= maxTagLength;
}

/** Highest first: the order in which workers look for work. */
export const jobPriorities = ['HIGH', 'NORMAL', 'LOW'] as const;
export type JobPriority = (typeof jobPriorities)[number];

/** `undefined` marks an absent key, as for `JSON.stringify`. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/** Params or a result, as the record has them: the value itself, or a pointer to where it is stored. */
export type Payload = { readonly kind: 'inline'; readonly value: JsonValue } | ApartPayload;

export interface ApartPayload {
  readonly kind: 'apart';
  readonly key: string;
  /** Seconds since the epoch: it is stored at least until then. */
  readonly expiresAt: number;
}

/** Why an attempt did not succeed, as clients see it. */
export interface JobFailure {
  /** For programs to branch on: `ATTEMPT_FAILED`, `TIMEOUT`, `PERMANENT`, `QUEUE_UNAVAILABLE`, `WORKERS_LOST` … */
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
  /** The name that the parent's handler gives it. */
  readonly name: string;
  /** 1 for a child of a job that a client handed in. */
  readonly depth: number;
  /** The generation of the parent that created it, or that last named it; absent = 1. */
  readonly generation?: number | undefined;
}

/** A failed job at the generation in which it failed: once it has been retried, it no longer counts as the cause. */
export interface Cause {
  readonly jobId: string;
  readonly generation: number;
}

/** One transition. Versions are contiguous: the last entry's version is the record's. */
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
  readonly idempotencyKey?: string | undefined;
  /** Tags that its client set, to find it again: without duplicates, in the order given; absent = none. */
  readonly tags?: readonly string[] | undefined;
  readonly status: JobStatus;
  readonly version: number;
  readonly generation: number;
  /** Attempts begun in this generation. For display only: a stop of the worker begins another one without a failure. */
  readonly attempts: number;
  /** Attempts that failed in this generation. */
  readonly failures: number;
  readonly maxFailures: number;
  /** Claims of this generation that expired before an outcome was reported. */
  readonly losses: number;
  readonly maxLosses: number;
  /** The start that its client asked for. */
  readonly runAt?: number | undefined;
  /** No attempt begins before this time; absent = at once. */
  readonly dueAt?: number | undefined;
  /** It waits on purpose, and is sent again when the wait ends; absent = it waits for a worker. Only PENDING jobs have it. */
  readonly waiting?: Waiting | undefined;
  /** Its workflow, and its name there. */
  readonly workflow?: WorkflowPart | undefined;
  /** The job whose handler made it. */
  readonly parent?: JobParent | undefined;
  /** The dependency that it looks at now, of those that it waits for; absent = none. */
  readonly waitsFor?: string | undefined;
  /** The failed job, and its generation, because of which it was cancelled. Only CANCELLED jobs have it. */
  readonly cause?: Cause | undefined;
  /** The version of its last end, or new start, that the jobs waiting for it have not been told yet. */
  readonly tell?: number | undefined;
  /** Its handler has given its slot back, and the same attempt goes on at the next claim; absent = not so. */
  readonly suspended?: boolean | undefined;
  /** Steps, sleeps or signals are kept beside it, and are deleted with its record; see `mayKeep`. */
  readonly keeps?: true | undefined;
  /** Its handler has created children, or is about to create the first one. */
  readonly hasChildren?: true | undefined;
  /** Steps count from the start of this generation on; absent = 1, all of them. */
  readonly stepsFrom?: number | undefined;
  /** The key under which it counts against its type's limits; absent = it counts with all jobs without a key. */
  readonly concurrencyKey?: string | undefined;
  readonly rateKey?: string | undefined;
  /** Those keys are not computed yet: they depend on params that come from the results of other jobs. */
  readonly hasLateKeys?: true | undefined;
  readonly claim?: Claim | undefined;
  readonly cancelRequested: boolean;
  /** Percent, 0 to 100, as its handler last reported it. */
  readonly progress?: number | undefined;
  readonly result?: Payload | undefined;
  readonly error?: JobFailure | undefined;
  /** Oldest first; at most `maxHistory` entries, so a job of many transitions has lost its first ones. */
  readonly history: readonly HistoryEntry[];
  readonly traceId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** Seconds since the epoch, as DynamoDB's TTL wants it. Only ended jobs are ever deleted. */
  readonly expiresAt?: number | undefined;
  /** How often the sweeper sent this generation again. */
  readonly sweeps: number;
  readonly sweptAt?: number | undefined;
  /** Deliveries to its owner's webhooks exist for all versions up to this one; absent = its owner has no webhooks, see `webhook.ts`. */
  readonly webhookVersion?: number | undefined;
  /** The id of the last write. It tells a write whose answer was lost from a race that was lost. */
  readonly writeId: string;
}

/** The number of history entries that are kept: a job may be stopped and released any number of times. */
export const maxHistory = 50;
/** A generation that has lost so many workers is assumed to kill them. */
export const maxLosses = 3;
/** SQS: DelaySeconds, 0 to 900 (15 minutes). */
export const maxDelaySeconds = 900;
export const maxIdempotencyKeyLength = 255;
export const maxTags = 5;
/** In characters (code points), not in UTF-16 units. */
export const maxTagLength = 64;
/** As JSON. An item of DynamoDB's has at most 400 KB. */
export const maxParamsBytes = 256 * 1024;
/** A larger result belongs in S3. */
export const maxResultBytes = 100 * 1024;
export const maxErrorMessageLength = 1000;

/** What is needed of a job, beside its id, to send its message. */
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
