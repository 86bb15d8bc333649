/**
 * At most so many jobs of a key at once, without a counter or a lock: one entry a key says who holds a slot, each at a
 * version of its record. It is decided here, explored by the model, and written under the entry's own version.
 *
 * A slot (job, version) lives while the record is at that version, or runs at the next one, by the claim made from it; once
 * dead it is dead for ever. So a job that runs always has its slot, and whoever finds a dead one may take it away.
 */
import { isFinal, type Job } from './job.ts';

export interface Slots {
  /** By jobId: the version of the record that it may be claimed from, or was. */
  readonly holders: Readonly<Record<string, number>>;
  /** Somebody waits: who has no slot goes behind them. */
  readonly someoneWaits: boolean;
}

export const noSlots: Slots = { holders: {}, someoneWaits: false };

export type HolderVersion = Pick<Job, 'jobId' | 'version'>;

/** `held`: by the version that was read. `outdated`: it was read, or sent, too long ago: read it again. */
export type Acquired = { readonly kind: 'held' | 'full' | 'outdated' } | { readonly kind: 'taken'; readonly slots: Slots };

/** What becomes of a job that is to be claimed. Never moved back: a slow reader would end a slot that lives. */
export function acquireSlot(slots: Slots, job: HolderVersion, most: number): Acquired {
  const held = slots.holders[job.jobId];
  if (held === undefined && slots.someoneWaits) return { kind: 'full' };
  return grantSlot(slots, job, most);
}

/** The same for the one who waits longest, asked by whoever looks at the key. */
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

/** `present`: the record as it is, undefined where it is gone. */
export function slotLives(present: Pick<Job, 'status' | 'version'> | undefined, version: number): boolean {
  if (present === undefined || isFinal(present.status)) return false;
  return present.version === version || (present.status === 'PROCESSING' && present.version === version + 1);
}

/** What a look makes of a holder: `wake` one that was given its slot by somebody who died before he woke it. */
export function verdictOnHolder(
  present: Pick<Job, 'status' | 'version' | 'waiting'> | undefined,
  version: number,
): 'free' | 'wake' | 'leave' {
  if (!slotLives(present, version)) return 'free';
  return present?.waiting?.reason === 'CONCURRENCY' && present.version === version ? 'wake' : 'leave';
}

/** Of a job that was parked: it was given a slot by somebody who found it not parked yet, and is to be woken by who parked it. */
export function isHolder({ holders }: Slots, { jobId, version }: HolderVersion): boolean {
  return holders[jobId] === version;
}

export function hasRoom({ holders }: Slots, most: number): boolean {
  return Object.keys(holders).length < most;
}

/** Nothing that an entry would be kept for. */
export function isUnused({ holders, someoneWaits }: Slots): boolean {
  return !someoneWaits && Object.keys(holders).length === 0;
}
