/**
 * Limits the starts per time, by key, without a counter: one entry per key holds the moment of the next allowed start (GCRA),
 * and is moved by one conditional write. A start is given for a moment, and may be used for `tolerance` after it; a job that is
 * later takes another one. Moments are `interval` apart. Since each start lies in [moment, moment + tolerance], no window of
 * `seconds` holds more than `starts + burst`, however late writes, messages and workers are. A lost answer wastes one start.
 */
import type { ServiceTime } from './clock.ts';
import type { HolderVersion } from './slots.ts';

export interface StartRate {
  readonly starts: number;
  readonly seconds: number;
  /** How many more may start at once after a time without starts. Default: a tenth of `starts`, at least 1. */
  readonly burst?: number | undefined;
}

export interface Starts {
  /** Milliseconds since the epoch, in the service's time. */
  readonly next: number;
  readonly someoneWaits: boolean;
  /** By jobId: the version that was given a start, and the moment of that start. */
  readonly given: Readonly<Record<string, readonly [version: number, at: number]>>;
}

export const noStarts: Starts = { next: 0, someoneWaits: false, given: {} };

/** Slightly slower than allowed, which makes up for late writes and clocks. */
const spared = 0.02;

export function burstOf({ starts, burst = Math.max(1, Math.ceil(starts / 10)) }: StartRate): number {
  return burst;
}

/** Milliseconds. */
export function intervalOf({ starts, seconds }: StartRate): number {
  return (seconds * 1000 * (1 + spared)) / starts;
}

/** Milliseconds after its moment in which a start may be used. */
export function toleranceOf(rate: StartRate): number {
  return (rate.starts + burstOf(rate)) * intervalOf(rate) - rate.seconds * 1000;
}

/** The moment of the next start. After a time without starts it is in the past, by as much as leaves half the tolerance to use it. */
export function nextStart({ next }: Starts, rate: StartRate, { high }: Pick<ServiceTime, 'high'>): number {
  return Math.max(next, high - toleranceOf(rate) / 2);
}

/** Takes the next start, whenever that is. Starts that were given too long ago are removed. */
export function takeStart(
  starts: Starts,
  rate: StartRate,
  now: ServiceTime,
  givenTo?: HolderVersion,
): { readonly at: number; readonly starts: Starts } {
  const at = nextStart(starts, rate, now);
  const good = Object.entries(starts.given).filter(([, [, given]]) => !isMissed(given, rate, now));
  const given = Object.fromEntries([...good, ...(givenTo === undefined ? [] : [[givenTo.jobId, [givenTo.version, at]] as const])]);
  return { at, starts: { ...starts, next: at + intervalOf(rate), given } };
}

/** The start that this job was given at its present version. */
export function startGivenTo({ given }: Starts, { jobId, version }: HolderVersion, rate: StartRate, now: ServiceTime): number | undefined {
  const [forVersion, at = 0] = given[jobId] ?? [];
  return forVersion === version && !isMissed(at, rate, now) ? at : undefined;
}

/** Whether it may be too late for a start of that moment; where time is not known well enough to say, whether it surely is. */
export function isMissed(at: number, rate: StartRate, now: ServiceTime): boolean {
  return (isSharp(rate, now) ? now.high : now.low) > at + toleranceOf(rate);
}

/** Whether the time is known well enough to use starts of this rate. */
export function isSharp(rate: StartRate, { low, high }: ServiceTime): boolean {
  return high - low <= toleranceOf(rate) / 2;
}

/** How many starts may be given for moments up to `until`. */
export function startsUntil(starts: Starts, rate: StartRate, now: ServiceTime, until: number): number {
  const first = nextStart(starts, rate, now);
  return first > until ? 0 : Math.floor((until - first) / intervalOf(rate)) + 1;
}
