/** The jobs that a handler waits for, after it has given its slot back. */
import { z } from 'zod';
import { defineEntryKind } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Wants } from '../workflow/look.ts';
import type { Core } from './core.ts';
import { keepEntry } from './keepEntry.ts';

/** The ids that a job waits for: written before it gives its slot back. */
const awaitedKind = defineEntryKind('awaited', z.object({ jobIds: z.array(z.string()) }));

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepAwaited(
  { table, settings }: Pick<Core, 'table'> & { readonly settings: Pick<Core['settings'], 'jobTtlDays'> },
  jobId: string,
  jobIds: readonly string[],
): Promise<void> {
  const expiresAt = payloadExpiry((await table.time()).at, settings.jobTtlDays);
  await table.entries.put(awaitedKind, { key: jobId, value: { jobIds: [...jobIds] }, expiresAt });
}

export async function awaitedBy({ table }: Pick<Core, 'table'>, jobId: string): Promise<Wants | undefined> {
  const entry = await table.entries.get(awaitedKind, jobId);
  return entry === undefined ? undefined : { dependencies: entry.value.jobIds, whenDependencyFails: 'RUN' };
}

/** For a job that waits for a long time. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepAwaitedOn(core: Pick<Core, 'table' | 'settings'>, jobId: string, at: number): Promise<void> {
  const entry = await core.table.entries.get(awaitedKind, jobId);
  if (entry !== undefined) await keepEntry(core, awaitedKind, entry, at);
}
