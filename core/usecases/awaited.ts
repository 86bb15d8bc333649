/** The jobs that a handler waits for, after it has given its slot back. */
import { z } from 'zod';
import { defineEntryKind } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Job } from '../job.ts';
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

/** Of a job that has given its slot back. Read once for all of its children that end meanwhile. */
export async function awaitedBy(
  { table }: Pick<Core, 'table'>,
  { jobId, version }: Pick<Job, 'jobId' | 'version'>,
): Promise<Wants | undefined> {
  const known = knownIn(table.entries);
  const before = known.get(jobId);
  if (before?.version === version) return before.wants;
  const entry = await table.entries.get(awaitedKind, jobId);
  if (entry === undefined) return undefined;
  const wants: Wants = { dependencies: entry.value.jobIds, whenDependencyFails: 'RUN' };
  known.delete(jobId);
  known.set(jobId, { version, wants });
  const [oldest] = known.keys();
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
  return wants;
}

const maxKnown = 100;

type Known = Map<string, { readonly version: number; readonly wants: Wants }>;

const lists = new WeakMap<object, Known>();

function knownIn(entries: object): Known {
  const known: Known = lists.get(entries) ?? new Map();
  lists.set(entries, known);
  return known;
}

/** For a job that waits for a long time. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepAwaitedOn(core: Pick<Core, 'table' | 'settings'>, jobId: string, at: number): Promise<void> {
  const entry = await core.table.entries.get(awaitedKind, jobId);
  if (entry !== undefined) await keepEntry(core, awaitedKind, entry, at);
}
