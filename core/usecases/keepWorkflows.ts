/** Keeps records of ended jobs from expiring while their workflow is open. */
import { needsRenewal, payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import { keepRecord } from './keepRecord.ts';
import { jobsOf } from './retryWorkflow.ts';
import { entryKey } from '../table/entries.ts';
import { listedWorkflowKind, openWorkflows, planKind, workflowKind } from './workflows.ts';

const pageSize = 100;

/** Once a day is enough: they are kept some days longer than necessary. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepWorkflows(core: Pick<Core, 'table' | 'settings'>): Promise<void> {
  const { table } = core;
  const { jobTtlDays } = core.settings;
  let cursor: string | undefined;
  do {
    const { rows, next } = await table.entries.listKeys(workflowKind, { place: openWorkflows, cursor, limit: pageSize });
    for (const { key } of rows) {
      const { at } = await table.time();
      const renewed = payloadExpiry(at, jobTtlDays);
      const listed = await table.entries.get(listedWorkflowKind, key);
      if (listed !== undefined && isShort(listed, at))
        await table.entries.replace(listedWorkflowKind, listed, { ...listed, expiresAt: renewed });
      for (let part = 0, parts = 1; part < parts; part += 1) {
        const entry = await table.entries.get(planKind, entryKey(key, part));
        parts = entry?.value.parts ?? 0;
        if (entry !== undefined && isShort(entry, at)) await table.entries.replace(planKind, entry, { ...entry, expiresAt: renewed });
      }
      for (const job of await jobsOf(core, key)) await keepRecord(core, job, at);
    }
    cursor = next;
  } while (cursor !== undefined);

  function isShort({ expiresAt }: { readonly expiresAt?: number | undefined }, at: number): boolean {
    return expiresAt !== undefined && needsRenewal(expiresAt, at, jobTtlDays);
  }
}
