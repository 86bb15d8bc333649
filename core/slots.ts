/**
 * Limits how many jobs of a key run at once, without a counter or a lock. One entry per key says which jobs hold a slot, each
 * at a version of its record. It is decided here, explored by the model, and written conditionally on the entry's version.
 *
 * A slot (job, version) is live while the record is at that version, or while the job runs at the next version by the claim
 * made from it. Once dead it stays dead. So a job that runs always has its slot, and any process that finds a dead slot may
 * remove it.
 */
import { isFinal, type Job } from './job.ts';

export interface Slots {
  /** By jobId: the version of the record that the job may be claimed from, or was. */
  readonly holders: Readonly<Record<string, number>>;
  /** Jobs wait: a job without a slot goes behind them. */
  readonly someoneWaits: boolean;
}

export const noSlots: Slots = { holders: {}, someoneWaits: false };

export type HolderVersion = Pick<Job, 'jobId' | 'version'>;

/** `held`: at the version that was read. `outdated`: the record was read, or the message sent, too long ago: read it again. */
export type Acquired = { readonly kind: 'held' | 'full' | 'outdated' } | { readonly kind: 'taken'; readonly slots: Slots };

/** Decides about a job that is to be claimed. A version is never moved back: a slow reader would end a slot that is live. */
export function acquireSlot(slots: Slots, job: HolderVersion, most: number): Acquired {
  const held = slots.holders[job.jobId];
  if (held === undefined && slots.someoneWaits) return { kind: 'full' };
  return grantSlot(slots, job, most);
}

/** The same for the job that has waited longest, asked by any process that looks at the key. */
export function grantSlot(slots: Slots, { jobId, version }: HolderVersion, most: number): Acquired {
  const held = slots.holders[jobId];
  if (isHolder(slots, { jobId, version })) return { kind: 'held' };
  if (held !== undefined && held > version) return { kind: 'outdated' };
  if (held === undefined && !hasRoom(slots, most)) return { kind: 'full' };
  return { kind: 'taken', slots: { ...slots, holders: { ...slots.holders, [jobId]: version } } };
}

/** Undefined where this slot is gone, or has moved on. */
export function freeSlot(slots: Slots, { jobId, version }: HolderVersion): Slots | undefined {
  if (slots.holders[jobId] !== version) return undefined;
  const { [jobId]: _freed, ...holders } = slots.holders;
  return { ...slots, holders };
}

/** `present`: the record as it is now, undefined where it is gone. */
export function slotLives(present: Pick<Job, 'status' | 'version'> | undefined, version: number): boolean {
  if (present === undefined || isFinal(present.status)) return false;
  return present.version === version || (present.status === 'PROCESSING' && present.version === version + 1);
}

/** The action for a holder. `wake`: it was given its slot by a process that died before it woke the job. */
export function verdictOnHolder(
  present: Pick<Job, 'status' | 'version' | 'waiting'> | undefined,
  version: number,
): 'free' | 'wake' | 'leave' {
  if (!slotLives(present, version)) return 'free';
  return present?.waiting?.reason === 'CONCURRENCY' && present.version === version ? 'wake' : 'leave';
}

/** For a job that was parked: another process, which found it not parked yet, gave it a slot; the process that parked it has to wake it. */
export function isHolder({ holders }: Slots, { jobId, version }: HolderVersion): boolean {
  return holders[jobId] === version;
}

export function hasRoom({ holders }: Slots, most: number): boolean {
  return Object.keys(holders).length < most;
}

/** Nothing is left for which the entry would be kept. */
export function isUnused({ holders, someoneWaits }: Slots): boolean {
  return !someoneWaits && Object.keys(holders).length === 0;
}
