/** The holders of the slots of a limit on running jobs, shown to operators. */
import type { Job } from '../job.ts';
import { slotLives } from '../slots.ts';
import { limitsOf, limitsOn, totalKey } from '../typeLimits.ts';
import type { Core } from './core.ts';
import { slotsKind } from './holdSlot.ts';
import { readLimits } from './limitsInForce.ts';

export const mostHolders = 100;

export interface SlotUse {
  /** The number of slots. */
  readonly most: number;
  readonly taken: number;
  readonly someoneWaits: boolean;
  /** The jobs whose slots are live, the oldest first. */
  readonly holders: readonly Job[];
}

export interface SlotsWanted {
  readonly type: string;
  /** Undefined: the slots of the whole type. `''`: those of its jobs without a key. */
  readonly concurrencyKey: string | undefined;
  /** The number of holders, 0 to `mostHolders`. */
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
    // The slot of a job that ended without giving it back is removed by the next look.
    holders: jobs.flatMap((job) => (job !== undefined && slotLives(job, holders[job.jobId] ?? 0) ? [job] : [])),
  };
}
