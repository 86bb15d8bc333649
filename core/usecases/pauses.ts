/**
 * What is paused: types, and the queues of priorities. All of it stands in one entry, which workers read every few seconds.
 * Jobs can still be created, and running jobs end. A job that would start is parked, and sent again in order when the pause is
 * over: because somebody resumed it, or because its time has come.
 */
import { z } from 'zod';
import type { ServiceTime } from '../clock.ts';
import { jobPriorities, type Job } from '../job.ts';
import { defineEntryKind } from '../table/entries.ts';
import { waitKey } from '../waiting.ts';
import type { Core } from './core.ts';

const pause = z.object({
  /** The reason, for people. */
  reason: z.string().optional(),
  /** When it ends by itself: milliseconds since the epoch, in the service's time. */
  until: z.number().optional(),
  since: z.number(),
  /** Who paused it: the subject of their token. */
  by: z.string().optional(),
});

/** By the key that its jobs wait for: `pauseKey`. */
export const pauseKind = defineEntryKind('pauses', z.object({ paused: z.record(z.string(), pause) }));
/** The key of the only entry. */
export const allPauses = 'all';

export type Pause = Readonly<z.infer<typeof pause>>;
export type Pauses = Readonly<Record<string, Pause>>;

export type Pausable = { readonly type: string } | { readonly priority: Job['priority'] };

export function pauseKey(what: Pausable): string {
  return 'type' in what ? waitKey('type', what.type) : waitKey('queue', what.priority);
}

/** Strongly consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readPauses({ table }: Pick<Core, 'table'>): Promise<Pauses> {
  return (await table.entries.get(pauseKind, allPauses))?.value.paused ?? {};
}

/** The pause of this type or queue, unless its time is over. */
export function pauseOf(pauses: Pauses, what: Pausable, now: Pick<ServiceTime, 'low'>): Pause | undefined {
  return isPaused(pauses, pauseKey(what), now) ? pauses[pauseKey(what)] : undefined;
}

/** Whether a pause may concern a job of this type, whatever its priority. */
export function isPausable(pauses: Pauses, type: string): boolean {
  return Object.keys(pauses).some((key) => key === pauseKey({ type }) || jobPriorities.some((priority) => key === pauseKey({ priority })));
}

/** The type or queue of the pause that jobs with this key wait for. */
export function isPaused(pauses: Pauses, key: string, now: Pick<ServiceTime, 'low'>): boolean {
  const found = pauses[key];
  return found !== undefined && isOn(found, now);
}

/** The pause that keeps a job from starting, as its wait. */
export function pauseOn(
  pauses: Pauses,
  { type, priority }: Pick<Job, 'type' | 'priority'>,
  now: Pick<ServiceTime, 'low'>,
): { readonly reason: 'PAUSED'; readonly until?: number | undefined; readonly for: string } | undefined {
  for (const what of [{ type }, { priority }]) {
    const found = pauseOf(pauses, what, now);
    if (found !== undefined) return { reason: 'PAUSED', until: found.until, for: pauseKey(what) };
  }
  return undefined;
}

export function isOn({ until }: Pause, { low }: Pick<ServiceTime, 'low'>): boolean {
  return until === undefined || until > low;
}
