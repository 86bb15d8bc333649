/**
 * What becomes of a signal: decided here, explored by the model, and written under the version of the signal's own entry,
 * of which there is one a job and name. Whoever waits says so in it before the job is suspended; so who sends early leaves
 * what the waiting one finds, and who sends later knows that somebody waits, or is about to.
 */
import type { ServiceTime } from './clock.ts';
import { isFinal, type Job, type JsonValue } from './job.ts';

export type Signal =
  /** Its handler waits, or is about to. `until`: no longer than that, in the service's time. */
  | { readonly state: 'awaited'; readonly generation: number; readonly until?: number | undefined }
  /** `isTold`: the job is known to have seen it, or to see it when it runs next. */
  | { readonly state: 'sent'; readonly at: number; readonly payload: JsonValue; readonly isTold: boolean }
  /** The handler was told that it did not come in time, in this generation. */
  | { readonly state: 'timedOut'; readonly generation: number };

export type Awaited =
  | { readonly kind: 'received'; readonly payload: JsonValue }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'wait'; readonly until?: number | undefined }
  | { readonly kind: 'write'; readonly signal: Signal };

/** What a run makes of it that waits: after a write it asks again. A retry waits anew for what had not come in time. */
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
  // Written, lest a signal that comes now changes what the handler was told.
  if (signal.until !== undefined && signal.until <= now.low) return { kind: 'write', signal: { state: 'timedOut', generation } };
  return { kind: 'wait', until: signal.until };
}

export type Sending =
  | { readonly kind: 'write'; readonly signal: Extract<Signal, { state: 'sent' }> }
  /** The same was sent before: whoever did may have died before he told the job. */
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly why: 'another' | 'tooLate' };

/** What a sender makes of it. */
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
 * What is to be done for a job whose signal was sent while it was awaited. `later`: it runs, and may be about to be suspended
 * without having seen it.
 */
export function onTell(
  job: Pick<Job, 'status' | 'waiting' | 'stepsFrom'> | undefined,
  signal: Pick<Job, 'stepsFrom'>,
): 'wake' | 'told' | 'later' {
  if (job === undefined || isFinal(job.status) || job.stepsFrom !== signal.stepsFrom) return 'told';
  if (job.status === 'PROCESSING') return 'later';
  return job.waiting?.reason === 'SIGNAL' ? 'wake' : 'told';
}
