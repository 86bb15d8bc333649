/** Keeps the children of a parked job, and the list of jobs that it waits for, from expiring before it goes on. */
import type { Job } from '../job.ts';
import { needsRenewal, payloadExpiry } from '../table/payloadLife.ts';
import { keepAwaitedOn } from './awaited.ts';
import { childEntriesOf, childKind } from './childList.ts';
import type { Core } from './core.ts';
import { keepRecord } from './keepRecord.ts';

/** Once a day is enough. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepChildren(core: Pick<Core, 'table' | 'settings'>, parent: Job, at: number): Promise<void> {
  if (parent.hasChildren !== true) return;
  const { table, settings } = core;
  await keepAwaitedOn(core, parent.jobId, at);
  for await (const entries of childEntriesOf(core, parent.jobId)) {
    for (const entry of entries) {
      if (entry.expiresAt === undefined || !needsRenewal(entry.expiresAt, at, settings.jobTtlDays)) continue;
      await table.entries.replace(childKind, entry, { ...entry, expiresAt: payloadExpiry(at, settings.jobTtlDays) });
    }
    for (const child of await table.getMany(entries.map(({ value }) => value.jobId))) {
      if (child !== undefined) await keepRecord(core, child, at);
    }
  }
}
