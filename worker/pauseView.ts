/** What is paused, as this worker knows it: read when something is to start, at most every few seconds. */
import { monotonic, type Monotonic } from '../core/clock.ts';
import type { Core } from '../core/usecases/core.ts';
import { readPauses, type Pauses } from '../core/usecases/pauses.ts';

export interface PauseView {
  /** Not older than `maxAgeMs`. @throws {JobError} `TABLE_UNAVAILABLE`. */
  known(): Promise<Pauses>;
}

/** None starts later than 5 seconds after a pause was answered: a second is left for the claim itself. */
const maxAgeMs = 4000;

export function createPauseView(core: Pick<Core, 'table'>, now: Monotonic = monotonic): PauseView {
  let last: { readonly askedAt: number; readonly pauses: Promise<Pauses> } | undefined;
  return {
    known() {
      const askedAt = now();
      if (last !== undefined && askedAt - last.askedAt < maxAgeMs) return last.pauses;
      const reading = { askedAt, pauses: readPauses(core) };
      last = reading;
      reading.pauses.catch(() => {
        if (last === reading) last = undefined;
      });
      return reading.pauses;
    },
  };
}
