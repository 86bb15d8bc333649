/** How the work on a claimed job can end, and what to do with its message. */
import type { ServiceTime } from '../core/clock.ts';
import type { Job, JobFailure, JsonValue } from '../core/job.ts';
import { msUntil, verdictOn } from '../core/verdict.ts';
import { endsSoon } from '../core/waiting.ts';
import type { NotedFailure } from './lease.ts';
import type { Wait } from './suspension.ts';

/** `attempt` is the last one that began. */
export type Outcome = { readonly attempt: number } & (
  | { readonly kind: 'succeeded'; readonly result: JsonValue }
  /** The attempts of this receive are used up, or the worker stopped while it waited for the next one. */
  | ({ readonly kind: 'failed' } & NotedFailure)
  | { readonly kind: 'failedForGood'; readonly failures: number; readonly error: JobFailure }
  | { readonly kind: 'cancelled' }
  /** Nothing is counted: the worker shuts down, or has lost the table. */
  | { readonly kind: 'released' }
  /** The handler waits, and runs again when that is over: earlier failures count, nothing else. */
  | { readonly kind: 'suspended'; readonly failures: number; readonly wait: Wait }
  /** A loss: the handler blocked the event loop until the lease was over. */
  | { readonly kind: 'starved' }
  /** Another worker may hold the job now: nothing is written. */
  | { readonly kind: 'claimLost' }
);

/** What is done with the message. */
export type Acknowledgement = { readonly kind: 'deleted' } | { readonly kind: 'returned'; readonly seconds: number };

/** What to do with the message, by the job's record: it is deleted only where nothing is left to do with it. */
export function acknowledgementOf(job: Job | undefined, now: ServiceTime, generation: number): Acknowledgement {
  if (job === undefined) return { kind: 'deleted' };
  const verdict = verdictOn(job, now, generation);
  switch (verdict.kind) {
    case 'over':
      return { kind: 'deleted' };
    case 'parked':
      return endsSoon(job.waiting, now) ? returned(msUntil(job.waiting.until, now)) : { kind: 'deleted' };
    case 'wait':
      return returned(msUntil(verdict.until, now));
    case 'run':
    case 'end':
      return returned(0);
    default:
      return verdict satisfies never;
  }
}

export function returned(ms: number): Acknowledgement {
  return { kind: 'returned', seconds: Math.ceil(ms / 1000) };
}
