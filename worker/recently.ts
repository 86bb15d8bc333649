/** A value that is read when something starts, and then reused for a few seconds. */
import { monotonic, type Monotonic } from '../core/clock.ts';

export interface Known<Value> {
  /** Not older than `maxAgeMs`. @throws what reading it throws. */
  known(): Promise<Value>;
  /** Reads it now; the result is reused from then on. @throws what reading it throws. */
  now(): Promise<Value>;
}

/** Nothing starts later than 5 seconds after the answer to a change: one second is left for the claim itself. */
const maxAgeMs = 4000;

export function recently<Value>(read: () => Promise<Value>, clock: Monotonic = monotonic): Known<Value> {
  let last: { readonly askedAt: number; readonly value: Promise<Value> } | undefined;

  function readNow(): Promise<Value> {
    const reading = { askedAt: clock(), value: read() };
    last = reading;
    reading.value.catch(() => {
      if (last === reading) last = undefined;
    });
    return reading.value;
  }

  return {
    known: () => (last !== undefined && clock() - last.askedAt < maxAgeMs ? last.value : readNow()),
    now: readNow,
  };
}
