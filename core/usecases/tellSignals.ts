/** Wakes jobs whose signal has come, or has not come in time: called after a send, and by the timer for senders and workers that died. */
import { monotonic } from '../clock.ts';
import { dueRank } from '../place.ts';
import { onTell } from '../signals.ts';
import type { Entry } from '../table/entries.ts';
import { hasTimedOut } from '../waiting.ts';
import { signalDraft, untoldSignals } from './awaitSignal.ts';
import type { Core } from './core.ts';
import { keeperOf, keptKind, type Kept } from './kept.ts';
import { wakeJob } from './wake.ts';
import { wakeEach, type Woken } from './wakeEach.ts';

type Deps = Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>;

/**
 * After a signal was sent that is awaited. Anyone may tell, any number of times, and die anywhere. Answers whether a job was
 * woken. @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`.
 */
export async function tellSignal(core: Omit<Deps, 'log'>, entry: Entry<Kept>): Promise<boolean> {
  const { value } = entry;
  if (value.kind !== 'signal' || value.signal.state !== 'sent' || value.signal.isTold) return false;
  const { keeper, name } = keeperOf(entry.key);
  for (;;) {
    const job = await core.table.get(keeper.jobId);
    const verdict = onTell(job, keeper);
    if (verdict === 'later') return false;
    // Another process was faster, or something else happened: look at what the job has become.
    if (verdict === 'wake' && job !== undefined && !(await wakeJob(core, job))) continue;
    const { signal } = value;
    if (job === undefined) await core.table.entries.drop(keptKind, entry.key);
    else await core.table.entries.replace(keptKind, entry, signalDraft(keeper, name, { ...signal, isTold: true }, signal.at));
    return verdict === 'wake';
  }
}

const pageSize = 100;
/** The sender itself is working on it for this long. */
const patienceMs = 5000;

/** For the timer. Begins no further page after `forMs`. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function wakeSignalled(core: Deps, forMs = Infinity): Promise<Woken> {
  const began = monotonic();
  const { low } = await core.table.time();
  const total = { woken: 0, failed: 0 };
  const isInTime = (): boolean => monotonic() - began < forMs;

  let cursor: string | undefined;
  do {
    const below = String(Math.max(0, Math.trunc(low - patienceMs))).padStart(15, '0');
    const page = await core.table.entries.list(keptKind, { place: untoldSignals, below, cursor, limit: pageSize });
    for (const entry of page.entries) if (await tellSignal(core, entry)) total.woken += 1;
    cursor = page.next;
  } while (cursor !== undefined && isInTime());

  let after: string | undefined;
  do {
    const { jobs, next } = await core.table.listPlaced({ place: 'signal', below: dueRank(low), after, limit: pageSize });
    const { woken, failed } = await wakeEach(core, jobs, ({ waiting }) => waiting !== undefined && hasTimedOut(waiting, { low }));
    total.woken += woken;
    total.failed += failed;
    after = next;
  } while (after !== undefined && isInTime());
  return total;
}
