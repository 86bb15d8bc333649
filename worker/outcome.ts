/** How a receive can end, and what each end means for the message. */
import type { JobFailure, JsonValue } from '../core/job.ts';

/** `attempt` is the last one that began. */
export type Outcome = { readonly attempt: number } & (
  | { readonly kind: 'succeeded'; readonly result: JsonValue }
  /** Attempts of this receive used up: the message comes back after `delayMs`, or goes to the dead-letter queue. */
  | { readonly kind: 'failed'; readonly error: JobFailure; readonly delayMs: number }
  | { readonly kind: 'failedForGood'; readonly error: JobFailure }
  | { readonly kind: 'cancelled' }
  /** The worker shuts down: another takes over at once. */
  | { readonly kind: 'released' }
  /** Someone else may hold the job now: nothing is written, and the message is theirs. */
  | { readonly kind: 'claimLost' }
);

/** What is done with the message: `deleted` only where the job has ended or has begun a newer generation. */
export type Acknowledgement =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'returned'; readonly seconds: number }
  | { readonly kind: 'left' };
