/** Time as an argument: that of this machine, and that of the service, which all machines share. */

/** Milliseconds since the epoch, as this machine believes: for what people read, and for nothing that is compared. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds of this process; it is never set, so that an interval is one. */
export type Monotonic = () => number;

export const monotonic: Monotonic = () => performance.now();

/**
 * The time of the table's service, in milliseconds since the epoch. It lies between `low` and `high`: deadlines are
 * written from `high`, judged and waited for by `low`, so that nobody judges one over before its writer does, whatever
 * the machines' clocks say.
 */
export interface ServiceTime {
  readonly low: number;
  readonly high: number;
  /** The best guess between the two: what is shown to people, and compared with nothing. */
  readonly at: number;
}

/** Of an engine that shares its process' clock, and of tests. */
export function exactly(at: number): ServiceTime {
  return { low: at, high: at, at };
}
