/**
 * What becomes of a signal. It is decided here, explored by the model, and written conditionally on the version of the signal's
 * entry; each job has one entry per signal name. A handler that waits records this in the entry before its job is suspended. So
 * a signal that is sent earlier is found by the handler, and a later sender knows that the handler waits, or is about to.
 */
import type { ServiceTime } from './clock.ts';
import { isFinal, type Job, type JsonValue } from './job.ts';

export type Signal =
  /** Its handler waits, or is about to. `until`: it waits no longer than that, in the service's time. */
  | { readonly state: 'awaited'; readonly generation: number; readonly until?: number | undefined }
  /** `isTold`: the job has surely seen it, or will see it when it runs next. */
  | { readonly state: 'sent'; readonly at: number; readonly payload: JsonValue; readonly isTold: boolean }
  /** The handler was told that it did not come in time, in this generation. */
  | { readonly state: 'timedOut'; readonly generation: number };

export type Awaited =
  | { readonly kind: 'received'; readonly payload: JsonValue }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'wait'; readonly until?: number | undefined }
  | { readonly kind: 'write'; readonly signal: Signal };

/** What a handler that waits does next; after a write it asks again. After a retry it waits again for what had not come in time. */
export function onWait(
  signal: Signal | undefined,
  { generation, timeoutMs, now }: { readonly generation: number; readonly timeoutMs?: number | undefined; readonly now: ServiceTime },
): Awaited {
  if (signal?.state === 'sent') return { kind: 'received', payload: signal.payload };
  if (signal === undefined || signal.generation !== generation) {
    const until = timeoutMs === undefined ? {} : { until: Math.ceil(now.high + timeoutMs) };
    return { kind: 'write', signal: { state: 'awaited', generation, ...until } };
  }
  if (signal.state === 'timedOut') return { kind: 'timedOut' };
  // Recorded, so that a signal that comes now does not contradict what the handler was told.
  if (signal.until !== undefined && signal.until <= now.low) return { kind: 'write', signal: { state: 'timedOut', generation } };
  return { kind: 'wait', until: signal.until };
}

export type Sending =
  | { readonly kind: 'write'; readonly signal: Extract<Signal, { state: 'sent' }> }
  /** The same signal was sent before: its sender may have died before the job was woken. */
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly why: 'another' | 'tooLate' };

/** What a sender does next. */
export function onSend(
  signal: Signal | undefined,
  {
    generation,
    payload,
    at,
    isSame,
  }: { readonly generation: number; readonly payload: JsonValue; readonly at: number; isSame(other: JsonValue): boolean },
): Sending {
  switch (signal?.state) {
    case 'sent':
      return isSame(signal.payload) ? { kind: 'same' } : { kind: 'refused', why: 'another' };
    case 'timedOut':
      if (signal.generation === generation) return { kind: 'refused', why: 'tooLate' };
      return { kind: 'write', signal: { state: 'sent', at, payload, isTold: true } };
    case 'awaited':
      return { kind: 'write', signal: { state: 'sent', at, payload, isTold: false } };
    case undefined:
      return { kind: 'write', signal: { state: 'sent', at, payload, isTold: true } };
    default:
      return signal satisfies never;
  }
}

/**
 * What to do for a job whose signal was sent while its handler waited. `later`: it runs, and may be about to be suspended
 * without having seen the signal.
 */
export function onTell(
  job: Pick<Job, 'status' | 'waiting' | 'stepsFrom'> | undefined,
  signal: Pick<Job, 'stepsFrom'>,
): 'wake' | 'told' | 'later' {
  if (job === undefined || isFinal(job.status) || job.stepsFrom !== signal.stepsFrom) return 'told';
  if (job.status === 'PROCESSING') return 'later';
  return job.waiting?.reason === 'SIGNAL' ? 'wake' : 'told';
}
