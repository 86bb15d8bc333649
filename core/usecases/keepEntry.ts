/** Keeps an entry longer, as `keepRecord` does for a job's record: where it would expire before the next time that it is looked at. */
import type { Entry, EntryKind } from '../table/entries.ts';
import { needsRenewal, payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';

/** `at`: milliseconds since the epoch. An entry that has changed since it was read is left as it is. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepEntry<Value>(
  { table, settings }: Pick<Core, 'table' | 'settings'>,
  kind: EntryKind<Value>,
  entry: Entry<Value>,
  at: number,
): Promise<void> {
  if (entry.expiresAt === undefined || !needsRenewal(entry.expiresAt, at, settings.jobTtlDays)) return;
  await table.entries.replace(kind, entry, { ...entry, expiresAt: payloadExpiry(at, settings.jobTtlDays) });
}
