/** Looks at the key of a limit on running jobs: free slots go to the jobs that have waited longest, which are woken. */
import { batchesOf } from '../batches.ts';
import { hasRoom, noSlots, verdictOnHolder } from '../slots.ts';
import type { Limit } from '../typeLimits.ts';
import type { Core } from './core.ts';
import { giveSlot, giveSlotBack, slotsKind, tellOfNobody } from './holdSlot.ts';
import { oldestWaiting } from './oldestWaiting.ts';
import { wakeJob } from './wake.ts';

type Deps = Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>;

/**
 * Anyone may look, any number at once, and die anywhere. Answers how many it woke. First, where that is asked for, it takes
 * away the slots of jobs that ended without giving them back, which costs a read of each holder.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`: the next look continues.
 */
export async function lookAtSlots(
  core: Deps,
  { key, most }: Extract<Limit, { kind: 'slots' }>,
  { repairs }: { readonly repairs: boolean },
): Promise<number> {
  let woken = repairs ? await repairSlots(core, key) : 0;
  for (;;) {
    const entry = await core.table.entries.get(slotsKind, key);
    if (!hasRoom(entry?.value ?? noSlots, most)) return woken;
    const [oldest] = await oldestWaiting(core, 'CONCURRENCY', key, 1);
    if (oldest === undefined) {
      if (entry?.value.someoneWaits === true) await tellOfNobody(core, entry);
      return woken;
    }
    const given = await giveSlot(core, key, oldest, most);
    if (given === 'full' || given === 'outdated') return woken;
    if (await wakeJob(core, oldest)) woken += 1;
    // It ended, or moved on, between the read and the grant: no other process would know of the slot.
    else await freeWhereDead(core, key, oldest.jobId, oldest.version);
  }
}

const readsAtOnce = 100;

/** Removes the slots of jobs that ended without giving them back, and wakes jobs that were given one but not woken. Returns how many. */
export async function repairSlots(core: Deps, key: string): Promise<number> {
  const holders = Object.entries((await core.table.entries.get(slotsKind, key))?.value.holders ?? {});
  let woken = 0;
  for (const page of batchesOf(holders, readsAtOnce)) {
    const jobs = await core.table.getMany(page.map(([jobId]) => jobId));
    for (const [index, [jobId, version]] of page.entries()) {
      const job = jobs[index];
      const verdict = verdictOnHolder(job, version);
      if (verdict === 'free') await giveSlotBack(core, key, { jobId, version });
      if (verdict === 'wake' && job?.waiting?.for === key && (await wakeJob(core, job))) woken += 1;
    }
  }
  return woken;
}

async function freeWhereDead(core: Deps, key: string, jobId: string, version: number): Promise<void> {
  if (verdictOnHolder(await core.table.get(jobId), version) === 'free') await giveSlotBack(core, key, { jobId, version });
}
