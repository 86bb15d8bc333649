/** Takes slots and gives them back, each by one write of the key's entry, conditional on its version. `core/slots.ts` decides. */
import { z } from 'zod';
import { acquireSlot, freeSlot, grantSlot, isHolder, isUnused, noSlots, type Acquired, type HolderVersion, type Slots } from '../slots.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { defineEntryKind, type Entry } from '../table/entries.ts';
import type { Core } from './core.ts';

export const slotsKind = defineEntryKind('slots', z.object({ holders: z.record(z.string(), z.number()), someoneWaits: z.boolean() }));

type Deps = Pick<Core, 'table'>;

/** Called before the claim. @throws {JobError} `TABLE_UNAVAILABLE`. */
export function takeSlot(core: Deps, key: string, job: HolderVersion, most: number): Promise<Acquired['kind']> {
  return changed(core, key, (slots) => acquireSlot(slots, job, most));
}

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function holdsSlots({ table }: Deps, keys: readonly string[], { jobId, version }: HolderVersion): Promise<boolean> {
  const entries = await table.entries.getMany(slotsKind, keys);
  return entries.every((entry) => entry?.value.holders[jobId] === version);
}

/** Gives it to the job that has waited longest, before that is woken. @throws {JobError} `TABLE_UNAVAILABLE`. */
export function giveSlot(core: Deps, key: string, job: HolderVersion, most: number): Promise<Acquired['kind']> {
  return changed(core, key, (slots) => grantSlot(slots, job, most));
}

/** If it is still this one. Returns whether a job waits for it. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function giveSlotBack({ table }: Deps, key: string, job: HolderVersion): Promise<boolean> {
  const entry = await changeEntry(table.entries, slotsKind, key, (present) => {
    const slots = present === undefined ? undefined : freeSlot(present.value, job);
    if (slots === undefined) return 'keep';
    return isUnused(slots) ? 'remove' : { value: slots };
  });
  return entry?.value.someoneWaits ?? false;
}

/** `isFirst`: no other job waited. `isHolder`: it has a slot, so that it need not wait. */
export interface Told {
  readonly isFirst: boolean;
  readonly isHolder: boolean;
}

/**
 * After a job was parked: from now on others go behind it. Written though somebody waits already, so that who has found nobody,
 * and is about to tell so, finds the key changed. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function tellOfWaiting({ table }: Deps, key: string, job: HolderVersion): Promise<Told> {
  let told: Told = { isFirst: true, isHolder: false };
  await changeEntry(table.entries, slotsKind, key, (present) => {
    const slots = present?.value ?? noSlots;
    told = { isFirst: !slots.someoneWaits, isHolder: isHolder(slots, job) };
    return { value: { ...slots, someoneWaits: true } };
  });
  return told;
}

/** Records that no job waits, unless the key has changed since it was read. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function tellOfNobody({ table }: Deps, known: Entry<Slots>): Promise<void> {
  const slots = { ...known.value, someoneWaits: false };
  await (isUnused(slots) ? table.entries.remove(slotsKind, known) : table.entries.replace(slotsKind, known, { value: slots }));
}

async function changed({ table }: Deps, key: string, decide: (slots: Slots) => Acquired): Promise<Acquired['kind']> {
  let decided: Acquired = { kind: 'full' };
  await changeEntry(table.entries, slotsKind, key, (present) => {
    decided = decide(present?.value ?? noSlots);
    return decided.kind === 'taken' ? { value: decided.slots } : 'keep';
  });
  return decided.kind;
}
