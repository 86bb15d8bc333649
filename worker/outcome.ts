/** How the work on a claimed job can end, and what becomes of its message. */
import type { ServiceTime } from '../core/clock.ts';
import type { Job, JobFailure, JsonValue } from '../core/job.ts';
import { msUntil, verdictOn } from '../core/verdict.ts';
import { endsSoon } from '../core/waiting.ts';
import type { NotedFailure } from './lease.ts';
import type { Wait } from './suspension.ts';

/** `attempt` is the last one that began. */
export type Outcome = { readonly attempt: number } & (
  | { readonly kind: 'succeeded'; readonly result: JsonValue }
  /** Attempts of this receive used up, or stopped while it waited for the next. */
  | ({ readonly kind: 'failed' } & NotedFailure)
  | { readonly kind: 'failedForGood'; readonly failures: number; readonly error: JobFailure }
  | { readonly kind: 'cancelled' }
  /** Nothing is counted: the worker shuts down, or was cut off from the table. */
  | { readonly kind: 'released' }
  /** The handler waits, and runs anew when that is over: nothing is counted beside failures before. */
  | { readonly kind: 'suspended'; readonly failures: number; readonly wait: Wait }
  /** A loss: the handler kept the event loop until the lease was over. */
  | { readonly kind: 'starved' }
  /** Someone else may hold the job now: nothing is written. */
  | { readonly kind: 'claimLost' }
);

/** What is done with the message. */
export type Acknowledgement = { readonly kind: 'deleted' } | { readonly kind: 'returned'; readonly seconds: number };

/** What the record says of the message that names it: it goes only where nothing more is to be done by it. */
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
