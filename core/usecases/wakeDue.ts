/** Sends the jobs whose start, or the end of whose sleep, is near: their messages are delayed until then. */
import { monotonic } from '../clock.ts';
import { dueRank } from '../place.ts';
import { waits, type WaitReason } from '../waiting.ts';
import type { Core } from './core.ts';
import { wakeEach, type Woken } from './wakeEach.ts';

/** How far ahead: well within the longest delay of a queue, and enough for many jobs that are due at one moment. */
const dueHorizonMs = 600_000;
const pageSize = 100;

/**
 * Earliest first, however long ago a job was due: it is found even after an outage of a day. Any number of these at once,
 * killed anywhere, do no harm. Begins no further page after `forMs`. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function wakeDue(core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>, forMs = Infinity): Promise<Woken> {
  const began = monotonic();
  const horizon = (await core.table.time()).high + dueHorizonMs;
  const total = { woken: 0, failed: 0 };
  let after: string | undefined;
  do {
    const { jobs, next } = await core.table.listPlaced({ place: 'due', below: dueRank(horizon), after, limit: pageSize });
    const { woken, failed } = await wakeEach(core, jobs, ({ waiting }) => isTimed(waiting?.reason) && (waiting?.until ?? 0) <= horizon);
    total.woken += woken;
    total.failed += failed;
    after = next;
  } while (after !== undefined && monotonic() - began < forMs);
  return total;
}

function isTimed(reason: WaitReason | undefined): boolean {
  return reason !== undefined && waits[reason].place === 'due';
}
