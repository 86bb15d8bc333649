/** What is read when something is to start, and then known for a few seconds. */
import { monotonic, type Monotonic } from '../core/clock.ts';

export interface Known<Value> {
  /** Not older than `maxAgeMs`. @throws what reading it throws. */
  known(): Promise<Value>;
  /** As it is now, and known from now on. @throws what reading it throws. */
  now(): Promise<Value>;
}

/** None starts later than 5 seconds after a change was answered: a second is left for the claim itself. */
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
