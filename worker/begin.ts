/** When an attempt may begin, for jobs of a type whose starts are limited. */
import { isMissed } from '../core/startRate.ts';
import { takeNextStart, type StartsLimit } from '../core/usecases/starts.ts';
import { msUntil } from '../core/verdict.ts';
import type { Claimed } from './claim.ts';
import { longestHoldMs, waitedUntil } from './limits.ts';
import type { WorkerParts } from './parts.ts';
import { untilAnswered } from './untilAnswered.ts';

/**
 * Waits for the moment of its start, and takes another start where that one is missed, because of a slow claim or a machine
 * that slept. False where the next one is far away, or the worker stops: the job goes back, and nothing is counted.
 */
export async function beginsInTime(parts: WorkerParts, { permit: { start } }: Claimed, startAt: number | undefined): Promise<boolean> {
  if (start === undefined || startAt === undefined) return true;
  let at = startAt;
  for (;;) {
    if (!(await waitedUntil(parts, at))) return false;
    if (!isMissed(at, start.limit.rate, await parts.core.table.time())) return true;
    at = await taken(parts, start.limit);
    if (msUntil(at, await parts.core.table.time()) > longestHoldMs) return false;
  }
}

/** The start of the next attempt within a receive; `far` where it is not worth keeping the job until then. */
export async function nextStartOf(parts: WorkerParts, { permit: { start } }: Claimed): Promise<number | 'far' | undefined> {
  if (start === undefined) return undefined;
  const at = await taken(parts, start.limit);
  return msUntil(at, await parts.core.table.time()) > longestHoldMs ? 'far' : at;
}

function taken(parts: WorkerParts, limit: StartsLimit): Promise<number> {
  return untilAnswered(parts, { ask: () => takeNextStart(parts.core, limit), signal: parts.graceOver });
}
