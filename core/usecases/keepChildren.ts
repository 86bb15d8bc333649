/** Keeps the children of a parked job, and the list of jobs that it waits for, from expiring before it goes on. */
import type { Job } from '../job.ts';
import { keepAwaitedOn } from './awaited.ts';
import { childEntriesOf, childKind } from './childList.ts';
import type { Core } from './core.ts';
import { keepEntry } from './keepEntry.ts';
import { keepRecord } from './keepRecord.ts';

/** Once a day is enough. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepChildren(core: Pick<Core, 'table' | 'settings'>, parent: Job, at: number): Promise<void> {
  if (parent.hasChildren !== true) return;
  await keepAwaitedOn(core, parent.jobId, at);
  for await (const entries of childEntriesOf(core, parent.jobId)) {
    for (const entry of entries) await keepEntry(core, childKind, entry, at);
    for (const child of await core.table.getMany(entries.map(({ value }) => value.jobId))) {
      if (child !== undefined) await keepRecord(core, child, at);
    }
  }
}
