/** Who holds the slots of a limit on running jobs, to be shown to those who operate the system. */
import type { Job } from '../job.ts';
import { slotLives } from '../slots.ts';
import { limitsOf, limitsOn, totalKey } from '../typeLimits.ts';
import type { Core } from './core.ts';
import { slotsKind } from './holdSlot.ts';
import { readLimits } from './limitsInForce.ts';

export const mostHolders = 100;

export interface SlotUse {
  /** Of slots. */
  readonly most: number;
  readonly taken: number;
  readonly someoneWaits: boolean;
  /** Of those whose slots live, the oldest jobs first. */
  readonly holders: readonly Job[];
}

export interface SlotsWanted {
  readonly type: string;
  /** Undefined: those of the whole type. `''`: of its jobs that have no key. */
  readonly concurrencyKey: string | undefined;
  /** Of holders, 0 to `mostHolders`. */
  readonly first: number;
  readonly signal: AbortSignal;
}

/** Undefined where there is no such limit. One entry is read, and each holder shown. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function slotHolders(
  core: Pick<Core, 'table' | 'jobTypes'>,
  { type, concurrencyKey, first, signal }: SlotsWanted,
): Promise<SlotUse | undefined> {
  const limits = limitsOf(type, core.jobTypes.find(type), await readLimits(core));
  const key = limitsOn({ type, concurrencyKey }, limits).find(
    (limit) => limit.kind === 'slots' && (limit.key === totalKey(type)) === (concurrencyKey === undefined),
  );
  if (key?.kind !== 'slots') return undefined;
  const { holders = {}, someoneWaits = false } = (await core.table.entries.get(slotsKind, key.key))?.value ?? {};
  const jobIds = Object.keys(holders).toSorted();
  const jobs = first === 0 ? [] : await core.table.getMany(jobIds.slice(0, first), signal);
  return {
    most: key.most,
    taken: jobIds.length,
    someoneWaits,
    // One that ended without giving its slot back is taken away by whoever looks next.
    holders: jobs.flatMap((job) => (job !== undefined && slotLives(job, holders[job.jobId] ?? 0) ? [job] : [])),
  };
}
