/** Time as an argument: the time of this machine, and the time of the service, which all machines share. */

/** Milliseconds since the epoch by this machine's clock: for people to read, never for comparisons. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds of a monotonic clock of this process. It is never set, so the difference of two readings is a true interval. */
export type Monotonic = () => number;

export const monotonic: Monotonic = () => performance.now();

/**
 * The time of the table's service, in milliseconds since the epoch. It lies between `low` and `high`. Deadlines are written
 * from `high` and checked against `low`, so nobody treats a deadline as over before the process that wrote it does, whatever
 * the machines' clocks say.
 */
export interface ServiceTime {
  readonly low: number;
  readonly high: number;
  /** The best estimate between the two: shown to people, never compared. */
  readonly at: number;
}

/** For an engine that runs in the same process, and for tests. */
export function exactly(at: number): ServiceTime {
  return { low: at, high: at, at };
}
