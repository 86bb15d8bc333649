/**
 * The decision about something that waits: the one function that all processes call, after they ended what it waits for, put
 * the job, or in a sweep. Any number of processes may look at once, and die anywhere.
 *
 * A waiter holds one pointer, at the dependency that it looks at now. `seen` tells of the records that were read after the
 * waiter was; what is not known yet is asked for (`read`), and the look is made again. What it says is written under the
 * condition that the waiter is still as it was read, and then the process looks again, until there is nothing to do. So a job
 * that ends between a read and the write after it is not missed.
 */
import { isFailed, isFinal, type Cause, type Job, type JobStatus } from '../job.ts';
import type { FailurePolicy, WorkflowStatus } from './workflow.ts';

/** A job that others wait for. One that was not put yet is `unborn`. */
export type Seen = Pick<Job, 'status' | 'generation'> | 'unborn';

/** Undefined: not read yet. */
export type ReadSoFar = (jobId: string) => Seen | undefined;

export type Waiter = Pick<Job, 'status' | 'waitsFor' | 'cause'>;

/** What a job waits for, in the order in which it looks at them. */
export interface Wants {
  readonly dependencies: readonly string[];
  readonly whenDependencyFails: FailurePolicy;
}

export type JobLook =
  | { readonly kind: 'nothing' }
  /** Read some of these, the first of them at least, and ask again. */
  | { readonly kind: 'read'; readonly jobIds: readonly string[] }
  | { readonly kind: 'point'; readonly at: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'cancel'; readonly cause: Cause; readonly status: JobStatus }
  /** Undefined where it waits for none any more. */
  | { readonly kind: 'revive'; readonly at: string | undefined };

const nothing = { kind: 'nothing' } as const;

export function lookAtJob(job: Waiter, wants: Wants, seen: ReadSoFar): JobLook {
  if (job.status === 'CANCELLED' && job.cause !== undefined) return lookAtCancelled(job.cause, wants, seen);
  if (job.status !== 'PENDING' || job.waitsFor === undefined) return nothing;
  const { dependencies, whenDependencyFails } = wants;
  const first = dependencies.indexOf(job.waitsFor);
  for (let at = first; ; at += 1) {
    const jobId = dependencies[at];
    // It pointed at a job that is none of its dependencies: it waits for none any more.
    if (jobId === undefined || first === -1) return { kind: 'ready' };
    const other = seen(jobId);
    if (other === undefined) return { kind: 'read', jobIds: dependencies.slice(at) };
    if (other === 'unborn' || !isFinal(other.status)) return pointed(jobId, job.waitsFor);
    if (!isFailed(other.status) || whenDependencyFails === 'RUN') continue;
    if (whenDependencyFails === 'WAIT') return pointed(jobId, job.waitsFor);
    return { kind: 'cancel', cause: { jobId, generation: other.generation }, status: other.status };
  }
}

/**
 * Whether the end of that job may matter to it: not before it has come to that job. Where it is past it, another process has
 * moved it, and may have died before it looked again.
 */
export function hasComeTo({ waitsFor, cause }: Waiter, { dependencies }: Wants, jobId: string): boolean {
  if (waitsFor === undefined) return cause?.jobId === jobId;
  if (waitsFor === jobId) return true;
  const pointer = dependencies.indexOf(waitsFor);
  const at = dependencies.indexOf(jobId);
  return pointer === -1 || (at !== -1 && at < pointer);
}

/** Written once, however many were passed. */
function pointed(at: string, before: string): JobLook {
  return at === before ? nothing : { kind: 'point', at };
}

function lookAtCancelled(cause: Cause, { dependencies }: Wants, seen: ReadSoFar): JobLook {
  const other = seen(cause.jobId);
  if (other === undefined) return { kind: 'read', jobIds: [cause.jobId] };
  return isOutdated(cause, other) ? { kind: 'revive', at: dependencies[0] } : nothing;
}

/** It was retried, or revived, since then. */
function isOutdated({ generation }: Cause, other: Seen): boolean {
  return other !== 'unborn' && other.generation > generation;
}

/**
 * Whether a job that succeeds has to be announced to nobody. `listeners`: all that may wait for it, as they are in the
 * transaction that ends it. None of them has come to it yet: whoever points at it later reads it after that, and finds that it
 * has ended. One of them is still open, so that the workflow is not asked either (`tellsWorkflow`).
 */
export function isUnawaited({ jobId, generation }: Pick<Job, 'jobId' | 'generation'>, listeners: readonly (Waiter | undefined)[]): boolean {
  // A job that ended before, and was retried, may have been passed by a process that died before it looked again.
  if (generation > 1) return false;
  const looksAway = (one: Waiter | undefined): boolean => one !== undefined && one.waitsFor !== jobId && one.cause?.jobId !== jobId;
  return listeners.every(looksAway) && listeners.some((one) => one !== undefined && !isFinal(one.status));
}

export interface WaitingWorkflow {
  readonly status: WorkflowStatus;
  /** The id of the job that it looks at. */
  readonly waitsFor?: string | undefined;
  readonly cause?: Cause | undefined;
}

export type WorkflowLook =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'read'; readonly jobIds: readonly string[] }
  | { readonly kind: 'point'; readonly at: string }
  /** All had ended when they were passed: read them all once more, and call `outcomeOf`. */
  | { readonly kind: 'confirm' }
  | { readonly kind: 'reopen'; readonly at: string };

/**
 * `jobIds`: its jobs, in the order in which it looks at them. `told`: the job that has just changed: an ended workflow
 * continues if that job does.
 */
export function lookAtWorkflow(
  workflow: WaitingWorkflow,
  jobIds: readonly string[],
  seen: ReadSoFar,
  told: string | undefined,
): WorkflowLook {
  const { status, waitsFor, cause } = workflow;
  if (status !== 'RUNNING') return lookAtEnded(cause, seen, told ?? cause?.jobId);
  if (waitsFor === undefined) return { kind: 'confirm' };
  const first = jobIds.indexOf(waitsFor);
  for (let at = first; ; at += 1) {
    const jobId = jobIds[at];
    if (jobId === undefined || first === -1) return { kind: 'confirm' };
    const other = seen(jobId);
    if (other === undefined) return { kind: 'read', jobIds: jobIds.slice(at) };
    if (isOpen(other)) return jobId === waitsFor ? nothing : { kind: 'point', at: jobId };
  }
}

function lookAtEnded(cause: Cause | undefined, seen: ReadSoFar, jobId: string | undefined): WorkflowLook {
  if (jobId === undefined) return nothing;
  const other = seen(jobId);
  if (other === undefined) return { kind: 'read', jobIds: [jobId] };
  const isRecounted = cause?.jobId === jobId && isOutdated(cause, other);
  return isOpen(other) || isRecounted ? { kind: 'reopen', at: jobId } : nothing;
}

const isOpen = (seen: Seen): boolean => seen === 'unborn' || !isFinal(seen.status);

export type Outcome =
  | { readonly kind: 'read'; readonly jobIds: readonly string[] }
  | { readonly kind: 'point'; readonly at: string }
  | { readonly kind: 'end'; readonly status: Exclude<WorkflowStatus, 'RUNNING'>; readonly cause: Cause | undefined };

/** How a workflow ends whose jobs are all over; where one is not, after all, it waits for that. */
export function outcomeOf(jobIds: readonly string[], seen: ReadSoFar): Outcome {
  let failed: Cause | undefined;
  let cancelled: Cause | undefined;
  for (const [at, jobId] of jobIds.entries()) {
    const other = seen(jobId);
    if (other === undefined) return { kind: 'read', jobIds: jobIds.slice(at) };
    if (other === 'unborn' || !isFinal(other.status)) return { kind: 'point', at: jobId };
    const cause = { jobId, generation: other.generation };
    if (other.status === 'CANCELLED') cancelled ??= cause;
    else if (isFailed(other.status)) failed ??= cause;
  }
  if (failed !== undefined) return { kind: 'end', status: 'FAILED', cause: failed };
  return { kind: 'end', status: cancelled === undefined ? 'SUCCEEDED' : 'CANCELLED', cause: cancelled };
}

/**
 * Whether a job that ended also tells its workflow: only where nothing that waits for it is still open. Of what is open, the
 * last to end will tell it; so a workflow is not asked a thousand times before its last job has begun.
 */
export function tellsWorkflow(status: JobStatus, dependants: readonly (Seen | undefined)[]): boolean {
  return !isFinal(status) || dependants.every((seen) => seen !== undefined && !isOpen(seen));
}
