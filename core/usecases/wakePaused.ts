/** Sends, in order, the jobs that wait for pauses which are over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from '../clock.ts';
import { under, waitKeyOf, waitRank } from '../place.ts';
import type { Core } from './core.ts';
import { isPaused, readPauses } from './pauses.ts';
import { wakeEach, type Woken } from './wakeEach.ts';

export interface WakePausedOptions {
  /** Default: all of them. */
  readonly maxJobs?: number;
  /** Begins no further page after so long. */
  readonly forMs?: number;
}

const pageSize = 100;
/** Jobs per second: as many as workers and queues take without being flooded. */
const rate = 1000;

/**
 * Walks what is parked, by type or queue and then by creation, and jumps over what is paused still, or again: that is asked
 * before each page. One that was parked late, by a worker that had not heard, is found by the next run. Any number of
 * these at once, ended anywhere, do no harm. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function wakePaused(
  core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>,
  { maxJobs = Infinity, forMs = Infinity }: WakePausedOptions = {},
): Promise<Woken> {
  const began = monotonic();
  const total = { woken: 0, failed: 0 };
  let after: string | undefined;
  do {
    const pageBegan = monotonic();
    const { jobs, next } = await core.table.listPlaced({ place: 'paused', after, limit: pageSize });
    if (jobs.length === 0 && next === undefined) break;
    const [pauses, now] = [await readPauses(core), await core.table.time()];
    const barred = jobs.findIndex(({ rank }) => isPaused(pauses, waitKeyOf(rank), now));
    const free = barred === -1 ? jobs : jobs.slice(0, barred);
    const { woken, failed } = await wakeEach(
      core,
      free,
      (job) => job.waiting?.reason === 'PAUSED' && !isPaused(pauses, job.waiting.for ?? '', now),
    );
    total.woken += woken;
    total.failed += failed;
    const first = jobs[barred];
    after = first === undefined ? next : under(waitRank(waitKeyOf(first.rank))).below;
    if (after !== undefined && woken > 0) await sleep(Math.max(0, (woken / rate) * 1000 - (monotonic() - pageBegan)));
  } while (after !== undefined && total.woken + total.failed < maxJobs && monotonic() - began < forMs);
  return total;
}
