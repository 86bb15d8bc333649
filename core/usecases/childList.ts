/** The list of a job's children, for listing, keeping and cancelling them: read from an index, then from their records. */
import { z } from 'zod';
import type { Job } from '../job.ts';
import { defineEntryKind, type Entry } from '../table/entries.ts';
import type { Core } from './core.ts';

/** Placed under the parent, in the order of the hash of the name. Written before the child. */
export const childKind = defineEntryKind('child', z.object({ jobId: z.string() }));

/** The generation of the parent that the child belongs to. */
export function generationOf({ parent }: Pick<Job, 'parent'>): number {
  return parent?.generation ?? 1;
}

export interface ListedChild {
  readonly job: Job;
  readonly rank: string;
}

/** A page of a job's children, after a rank. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function listChildren(
  { table }: Pick<Core, 'table'>,
  jobId: string,
  { limit, beyond }: { readonly limit: number; readonly beyond?: string | undefined },
): Promise<{ readonly children: readonly ListedChild[]; readonly hasMore: boolean; readonly last: string | undefined }> {
  // The first text after this rank: later ranks come after it too.
  const from = beyond === undefined ? undefined : `${beyond} `;
  const { entries, next } = await table.entries.list(childKind, { place: childrenPlace(jobId), from, limit });
  const jobs = entries.length === 0 ? [] : await table.getMany(entries.map(({ value }) => value.jobId));
  const children = jobs.flatMap((job, index) => (job === undefined ? [] : [{ job, rank: entries[index]?.place?.rank ?? '' }]));
  return { children, hasMore: next !== undefined, last: entries.at(-1)?.place?.rank };
}

/** All of a job's children, page by page. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function* childrenOf(core: Pick<Core, 'table'>, jobId: string): AsyncGenerator<readonly Job[]> {
  for await (const entries of childEntriesOf(core, jobId)) {
    yield (await core.table.getMany(entries.map(({ value }) => value.jobId))).filter((job) => job !== undefined);
  }
}

export async function* childEntriesOf({ table }: Pick<Core, 'table'>, jobId: string): AsyncGenerator<readonly Entry<{ jobId: string }>[]> {
  let cursor: string | undefined;
  do {
    const { entries, next } = await table.entries.list(childKind, { place: childrenPlace(jobId), cursor, limit: readsAtOnce });
    if (entries.length > 0) yield entries;
    cursor = next;
  } while (cursor !== undefined);
}

export const childrenPlace = (jobId: string): string => `children#${jobId}`;

const readsAtOnce = 100;
