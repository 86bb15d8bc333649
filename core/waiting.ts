/**
 * Why a job waits on purpose. Such a job is PENDING and parked: it stands at a place for its reason, holds no slot, and no
 * message names it. The process that ends its wait sends it again. A job that waits for a worker, or between two attempts, is
 * not parked: it already has a message.
 */
import { z } from 'zod';
import type { ServiceTime } from './clock.ts';

/** Each reason with the place of its jobs. */
export const waits = {
  RUN_AT: { meaning: 'its start is further ahead than a queue can delay a message', place: 'due' },
  PAUSED: { meaning: 'its type, or the queue of its priority, is paused', place: 'paused' },
  CONCURRENCY: { meaning: 'the allowed number of jobs of its type and key runs already', place: 'limit' },
  RATE_LIMIT: { meaning: 'the allowed number of jobs of its type and key has started already', place: 'limit' },
  DEPENDENCIES: { meaning: 'jobs that it needs have not ended', place: 'dependencies' },
  SLEEP: { meaning: 'its handler sleeps, for longer than a queue can delay a message', place: 'due' },
  SIGNAL: { meaning: 'its handler waits for a signal', place: 'signal' },
} as const satisfies Record<string, { readonly meaning: string; readonly place: string }>;

export type WaitReason = keyof typeof waits;
export const waitReasons = [
  'RUN_AT',
  'PAUSED',
  'CONCURRENCY',
  'RATE_LIMIT',
  'SLEEP',
  'SIGNAL',
  'DEPENDENCIES',
] as const satisfies readonly WaitReason[];

export interface Waiting {
  readonly reason: WaitReason;
  /** When it ends, as far as is known: milliseconds since the epoch, in the service's time. RUN_AT and SLEEP always have it. */
  readonly until?: number | undefined;
  /** What exactly it waits for, within that reason; see `waitKey`. */
  readonly for?: string | undefined;
}

/** Whether its time is over, for waits that otherwise end by something else: a signal's timeout. */
export function hasTimedOut({ reason, until }: Waiting, { low }: Pick<ServiceTime, 'low'>): boolean {
  return reason === 'SIGNAL' && until !== undefined && until <= low;
}

/** Whether such a time is so near that a message waits for it, in a queue. */
export function endsSoon(
  waiting: Waiting | undefined,
  { high }: Pick<ServiceTime, 'high'>,
): waiting is Waiting & { readonly until: number } {
  return waiting?.reason === 'SIGNAL' && waiting.until !== undefined && waiting.until - high <= maxDelayMs;
}

/** The longest delay of a message in a queue. */
export const maxDelayMs = 900_000;

/** One text of several parts. No key is the beginning of another one: `waitKey('type', name)`. */
export function waitKey(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** The most signal names that a record contains, of those that its job waits for at once. */
export const maxShownSignals = 10;

const names = z.array(z.string());

/** The names of the signals that it waits for. Empty if it waits for something else, or if its worker did not write them. */
export function awaitedSignals(waiting: Waiting | undefined): readonly string[] {
  return waiting?.reason === 'SIGNAL' && waiting.for !== undefined ? names.parse(JSON.parse(waiting.for)) : [];
}
