/**
 * What to do next about a schedule: the one function that all processes call. A tick is decided by one conditional write
 * (`pending`). Then its job is put under a derived id, create-only. Then `pending` is cleared, conditionally. Any process may
 * continue at any point, even late: it finds that the step is done. A process that changes a schedule first carries out what is
 * pending.
 */
import type { ServiceTime } from '../clock.ts';
import type { Times } from './cronTimes.ts';
import { dueAt, keptTicks, maxTicks, ticksOf, type Schedule, type TickOutcome } from './schedule.ts';

export type ScheduleStep =
  /** Put the job of this tick, then write `settled`. */
  | { readonly kind: 'carryOut'; readonly at: number }
  /** Write this, if it is still as it was read, and ask again. `isLate`: a late tick was decided, which is made up for. */
  | { readonly kind: 'write'; readonly schedule: Schedule; readonly isLate: boolean }
  /** There is nothing to do before this time. If it is in the past, or absent for ever, a due tick waits for the end of the last job. */
  | { readonly kind: 'wait'; readonly until: number | undefined };

/** A tick that is later than this is made up for, or missed. It is longer than the minute within which the timer runs. */
const graceMs = 120_000;
/** Older ticks are never made up for. */
const catchUpMs = 86_400_000;
const maxCaughtUp = 100;

/** `isLastOpen`: whether the job of `lastCreated` has not ended. */
export function stepOf(schedule: Schedule, times: Times, { low: now }: Pick<ServiceTime, 'low'>, isLastOpen: boolean): ScheduleStep {
  const { next, pending, overlap } = schedule;
  if (pending !== undefined) return { kind: 'carryOut', at: pending };
  if (next === undefined) return { kind: 'wait', until: undefined };
  const due = dueAt(schedule, next);
  if (due > now) return { kind: 'wait', until: due };
  if (schedule.isPaused) return written(passed(schedule, times, 'SKIPPED_PAUSED', times.after(now), now));
  if (schedule.isBuffered) {
    if (isLastOpen) return { kind: 'wait', until: due };
    // Ticks that came meanwhile found the buffer's one place taken.
    const rest = passed({ ...schedule, next: times.after(next) }, times, 'SKIPPED_OVERLAP', times.after(Math.max(now, next)), now);
    return written({ ...rest, isBuffered: false, pending: next });
  }
  const first = firstToRun(schedule, times, { next, due, now });
  if (first !== next) return written(passed(schedule, times, 'MISSED', first, now));
  if (isLastOpen && overlap === 'SKIP') return written(passed(schedule, times, 'SKIPPED_OVERLAP', times.after(next), now));
  if (isLastOpen && overlap === 'BUFFER_ONE') return written({ ...schedule, isBuffered: true });
  return written({ ...schedule, pending: next, last: next, next: times.after(next) }, now - due > graceMs);
}

/** After the pending tick has made its job, or was refused for that reason. */
export function settled({ pending, ...schedule }: Schedule, refusal?: string): Schedule {
  if (pending === undefined) return schedule;
  if (refusal !== undefined) return { ...noted(schedule, [pending], 'MISSED'), problem: { at: pending, message: refusal } };
  return { ...noted(schedule, [pending], 'CREATED'), lastCreated: pending };
}

/** Whether the job of the last tick has to be read. */
export function asksForLast({ overlap, lastCreated, pending }: Schedule): boolean {
  return overlap !== 'ALLOW_ALL' && lastCreated !== undefined && pending === undefined;
}

/** Continues with the first tick later than `now`; earlier ones get that outcome. */
export function skippedUntil(schedule: Schedule, times: Times, outcome: TickOutcome, { high: now }: Pick<ServiceTime, 'high'>): Schedule {
  if (schedule.next === undefined || schedule.next > now) return schedule;
  return { ...passed(schedule, times, outcome, times.after(now), now), isBuffered: false };
}

/** When to look at it again: its rank in the index of places. Undefined: never. */
export function looksAt(schedule: Schedule): number | undefined {
  const at = schedule.pending ?? schedule.next;
  return at === undefined ? undefined : dueAt(schedule, at);
}

const written = (schedule: Schedule, isLate = false): ScheduleStep => ({ kind: 'write', schedule, isLate });

/** The first tick that still counts, given how late `next` is. */
function firstToRun(
  schedule: Schedule,
  times: Times,
  { next, due, now }: { readonly next: number; readonly due: number; readonly now: number },
): number | undefined {
  if (now - due <= graceMs) return next;
  const { catchUp, jitterSeconds } = schedule;
  switch (catchUp) {
    case 'NONE': {
      let first = times.after(Math.max(next, now - graceMs - jitterSeconds * 1000 - 1));
      while (first !== undefined && dueAt(schedule, first) < now - graceMs) first = times.after(first);
      return first;
    }
    case 'ONCE': {
      const last = times.upTo(now, 1)[0] ?? next;
      if (last > next) return last;
      return now - next > catchUpMs ? times.after(next) : next;
    }
    case 'ALL':
      return newest(times, { from: next, to: now, count: maxCaughtUp }).findLast((at) => now - at <= catchUpMs) ?? times.after(now);
    default:
      return catchUp satisfies never;
  }
}

/** Continues with `first`; earlier ticks, and none later than `now`, get that outcome. */
function passed(schedule: Schedule, times: Times, outcome: TickOutcome, first: number | undefined, now: number): Schedule {
  const { next } = schedule;
  const to = Math.min(now, first === undefined ? now : first - 1);
  const ats = next === undefined ? [] : newest(times, { from: next, to, count: maxTicks });
  return { ...noted(schedule, ats, outcome), next: first };
}

/** The newest ticks from the tick `from` on, newest first. Usually there are few, which are found faster forwards. */
function newest(
  times: Times,
  { from, to, count }: { readonly from: number; readonly to: number; readonly count: number },
): readonly number[] {
  const found: number[] = [];
  for (let at: number | undefined = from; at !== undefined && at <= to; at = times.after(at)) {
    if (found.length === count) return times.upTo(to, count);
    found.unshift(at);
  }
  return found;
}

function noted(schedule: Schedule, ats: readonly number[], outcome: TickOutcome): Schedule {
  const ticks = keptTicks([...ats.map((at) => ({ at, outcome })), ...ticksOf(schedule)]);
  return { ...schedule, ticks, last: Math.max(schedule.last ?? 0, ...ats) || undefined };
}
