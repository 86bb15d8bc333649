/** Keeps records of ended jobs from expiring while their workflow is open. */
import type { Core } from './core.ts';
import { keepEntry } from './keepEntry.ts';
import { keepRecord } from './keepRecord.ts';
import { jobsOf } from './retryWorkflow.ts';
import { entryKey } from '../table/entries.ts';
import { listedWorkflowKind, openWorkflows, planKind, workflowKind } from './workflows.ts';

const pageSize = 100;

/** Once a day is enough: they are kept some days longer than necessary. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepWorkflows(core: Pick<Core, 'table' | 'settings'>): Promise<void> {
  const { table } = core;
  let cursor: string | undefined;
  do {
    const { rows, next } = await table.entries.listKeys(workflowKind, { place: openWorkflows, cursor, limit: pageSize });
    for (const { key } of rows) {
      const { at } = await table.time();
      const listed = await table.entries.get(listedWorkflowKind, key);
      if (listed !== undefined) await keepEntry(core, listedWorkflowKind, listed, at);
      for (let part = 0, parts = 1; part < parts; part += 1) {
        const entry = await table.entries.get(planKind, entryKey(key, part));
        parts = entry?.value.parts ?? 0;
        if (entry !== undefined) await keepEntry(core, planKind, entry, at);
      }
      for (const job of await jobsOf(core, key)) await keepRecord(core, job, at);
    }
    cursor = next;
  } while (cursor !== undefined);
}
