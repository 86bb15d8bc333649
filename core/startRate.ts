/**
 * So many starts in so many seconds, by key, without a counter: one entry a key holds when the next start may be (GCRA),
 * moved by one conditional write. A start is given for a moment, and good for `tolerance` from then on: whoever is later takes
 * another. Moments are `interval` apart, so that of starts which each lie in [moment, moment + tolerance] no window of
 * `seconds` holds more than `starts + burst`, however late writes, messages and workers are. A lost answer wastes one.
 */
import type { ServiceTime } from './clock.ts';
import type { HolderVersion } from './slots.ts';

export interface StartRate {
  readonly starts: number;
  readonly seconds: number;
  /** How many more may follow at once on a time without starts. Default: a tenth of `starts`, at least 1. */
  readonly burst?: number | undefined;
}

export interface Starts {
  /** Milliseconds since the epoch, in the service's time. */
  readonly next: number;
  readonly someoneWaits: boolean;
  /** By jobId: the version that was given a start, and for when. */
  readonly given: Readonly<Record<string, readonly [version: number, at: number]>>;
}

export const noStarts: Starts = { next: 0, someoneWaits: false, given: {} };

/** A little slower than is allowed: what makes up for writes and clocks that are late. */
const spared = 0.02;

export function burstOf({ starts, burst = Math.max(1, Math.ceil(starts / 10)) }: StartRate): number {
  return burst;
}

/** Milliseconds. */
export function intervalOf({ starts, seconds }: StartRate): number {
  return (seconds * 1000 * (1 + spared)) / starts;
}

/** Milliseconds after its moment in which a start may be made. */
export function toleranceOf(rate: StartRate): number {
  return (rate.starts + burstOf(rate)) * intervalOf(rate) - rate.seconds * 1000;
}

/** The moment of the next start: after a time without any it lies back, as far as leaves half the tolerance to make it. */
export function nextStart({ next }: Starts, rate: StartRate, { high }: Pick<ServiceTime, 'high'>): number {
  return Math.max(next, high - toleranceOf(rate) / 2);
}

/** Takes the next start, whenever that is. Those that were given too long ago are forgotten. */
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

/** The start that this job was given, at the version it has. */
export function startGivenTo({ given }: Starts, { jobId, version }: HolderVersion, rate: StartRate, now: ServiceTime): number | undefined {
  const [forVersion, at = 0] = given[jobId] ?? [];
  return forVersion === version && !isMissed(at, rate, now) ? at : undefined;
}

/** Whether it may be too late for the start of that moment; where time is not known well enough to say, whether it surely is. */
export function isMissed(at: number, rate: StartRate, now: ServiceTime): boolean {
  return (isSharp(rate, now) ? now.high : now.low) > at + toleranceOf(rate);
}

/** Whether the time is known well enough to use starts of this rate. */
export function isSharp(rate: StartRate, { low, high }: ServiceTime): boolean {
  return high - low <= toleranceOf(rate) / 2;
}

/** How many may be given for moments up to `until`. */
export function startsUntil(starts: Starts, rate: StartRate, now: ServiceTime, until: number): number {
  const first = nextStart(starts, rate, now);
  return first > until ? 0 : Math.floor((until - first) / intervalOf(rate)) + 1;
}
