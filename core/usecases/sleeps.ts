/** The end of a handler's sleep, stored for its next run. */
import { keptDraft, keptKey, keptKind, type Keeper, type KeptDeps } from './kept.ts';

/** 365 days. */
export const maxSleepSeconds = 365 * 86_400;

/** In the service's time; undefined for a sleep that has not begun. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function endOfSleep({ table }: KeptDeps, keeper: Keeper, name: string): Promise<number | undefined> {
  const entry = await table.entries.get(keptKind, keptKey(keeper, 'sleep', name));
  return entry?.value.kind === 'sleep' ? entry.value.until : undefined;
}

/** Returns its end: that of the run that began it first. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function beginSleep({ table }: KeptDeps, keeper: Keeper, name: string, seconds: number): Promise<number> {
  const until = Math.ceil((await table.time()).high + seconds * 1000);
  const { entry } = await table.entries.create(keptKind, keptDraft(keeper, name, { kind: 'sleep', until }, until));
  return entry?.value.kind === 'sleep' ? entry.value.until : until;
}
