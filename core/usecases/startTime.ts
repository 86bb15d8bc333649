/** When a job may begin whose client wants it to begin at a time: soon, by a delayed message, or later, by the timer. */
import type { ServiceTime } from '../clock.ts';
import { maxDelaySeconds, type Job } from '../job.ts';
import { badInput } from '../text.ts';

/** The furthest start, from now on. */
export const maxRunAheadDays = 365;

export type Start = Pick<Job, 'runAt' | 'dueAt' | 'waiting'>;

/** A time in the past means at once. @throws {JobError} `BAD_USER_INPUT`, with the path `runAt`, for one too far ahead. */
export function startAt(runAt: number, now: ServiceTime): Start {
  if (runAt - now.high > maxRunAheadDays * 86_400_000) throw badInput(`is more than ${maxRunAheadDays} days ahead`, ['runAt']);
  if (runAt <= now.low) return { runAt };
  if (runAt - now.high <= maxDelaySeconds * 1000) return { runAt, dueAt: runAt };
  return { runAt, dueAt: runAt, waiting: { reason: 'RUN_AT', until: runAt } };
}
