/**
 * What to do with a job, decided from its record alone. Called by every process that finds a job: the worker at a receive, the
 * dead-letter handler, the sweeper, and the model that explores all interleavings.
 */
import type { ServiceTime } from './clock.ts';
import { isFinal, type Job, type JobFailure } from './job.ts';
import type { WaitReason } from './waiting.ts';

export type Verdict =
  /** Final, or of a newer generation than the message that names it. */
  | { readonly kind: 'over' }
  /** Not due yet, or a worker has it. `until` is in the service's time: it has come when `low` has reached it. */
  | { readonly kind: 'wait'; readonly until: number; readonly isHeld: boolean }
  /** Waits on purpose: the process that ends the wait sends it again. */
  | { readonly kind: 'parked'; readonly why: WaitReason }
  | { readonly kind: 'run'; readonly event: 'claim' | 'reclaim' }
  | { readonly kind: 'end'; readonly event: 'exhaust'; readonly error: JobFailure }
  | { readonly kind: 'end'; readonly event: 'cancelAbandoned'; readonly error?: undefined };

/** What the verdict reads of a record. */
export type Judged = Pick<
  Job,
  | 'status'
  | 'generation'
  | 'attempts'
  | 'failures'
  | 'maxFailures'
  | 'losses'
  | 'maxLosses'
  | 'dueAt'
  | 'waiting'
  | 'claim'
  | 'cancelRequested'
  | 'error'
>;

/** `generation`: the one that the caller's message names; without a message, the record's own. */
export function verdictOn(job: Judged, now: ServiceTime, generation = job.generation): Verdict {
  if (isFinal(job.status) || job.generation > generation) return { kind: 'over' };
  const isRunning = job.status === 'PROCESSING';
  const heldUntil = yetToCome(job.claim?.expiresAt, now);
  if (isRunning && heldUntil !== undefined) return { kind: 'wait', until: heldUntil, isHeld: true };
  if (isRunning && job.cancelRequested) return { kind: 'end', event: 'cancelAbandoned' };
  if (job.failures >= job.maxFailures || (isRunning && isLastLoss(job))) {
    return { kind: 'end', event: 'exhaust', error: exhaustionOf(job, now) };
  }
  if (job.waiting !== undefined) return { kind: 'parked', why: job.waiting.reason };
  const dueAt = yetToCome(job.dueAt, now);
  if (dueAt !== undefined) return { kind: 'wait', until: dueAt, isHeld: false };
  return { kind: 'run', event: isRunning ? 'reclaim' : 'claim' };
}

/** Milliseconds until a time in the service's time has surely come; 0 if it has. */
export function msUntil(until: number, now: ServiceTime): number {
  return Math.max(0, until - now.low);
}

/** The job was asked to stop, but its worker is gone, so nothing will act on the request. */
export function isAbandoned(job: Judged, now: ServiceTime): boolean {
  const verdict = verdictOn(job, now);
  return verdict.kind === 'end' && verdict.event === 'cancelAbandoned';
}

/** One more loss uses up the budget. */
export function isLastLoss({ losses, maxLosses }: Pick<Job, 'losses' | 'maxLosses'>): boolean {
  return losses + 1 >= maxLosses;
}

function yetToCome(at: number | undefined, { low }: ServiceTime): number | undefined {
  return at !== undefined && at > low ? at : undefined;
}

/** FAILED_FINAL always has a reason: the last failure, or that the workers died. */
export function exhaustionOf(
  job: Pick<Judged, 'failures' | 'maxFailures' | 'losses' | 'attempts' | 'error'>,
  now: ServiceTime,
): JobFailure {
  if (job.failures >= job.maxFailures && job.error !== undefined) return job.error;
  const message = `Its worker was lost ${job.losses + 1} times in the middle of an attempt: killed, cut off, or with its event loop blocked by the handler.`;
  return { code: 'WORKERS_LOST', message, attempt: job.attempts, at: now.at };
}
