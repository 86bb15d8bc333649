/** Continues what processes that ended, made or cancelled jobs have left undone: found by markers, in places of their own. */
import { monotonic } from '../clock.ts';
import { cancelJobs } from './cancelWorkflow.ts';
import type { Core } from './core.ts';
import { tellWorkflow } from './lookAtWorkflow.ts';
import { makeWorkflow } from './makeWorkflow.ts';
import { readEach } from './readEach.ts';
import { tellFound } from './tell.ts';
import { pendingWorkflows, workflowKind, type KnownWorkflow } from './workflows.ts';

/** The process that wrote the marker is working on it. */
const patienceMs = 3000;
const pageSize = 100;

/**
 * Any number at once, ended anywhere, do no harm. Begins no further page after `forMs`. Answers how many it went on with.
 * @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function tellWaiting(core: Core, forMs = Infinity): Promise<number> {
  const began = monotonic();
  const before = (await core.table.time()).low - patienceMs;
  let found = 0;
  let after: string | undefined;
  do {
    const { jobs: rows, next } = await core.table.listPlaced({ place: 'tell', after, limit: pageSize });
    const { jobs } = await readEach(core, rows);
    const left = jobs.filter(({ tell, updatedAt }) => tell !== undefined && updatedAt <= before);
    await tellFound(core, left);
    found += left.length;
    after = next;
  } while (after !== undefined && monotonic() - began < forMs);

  let cursor: string | undefined;
  do {
    const { entries, next } = await core.table.entries.list(workflowKind, { place: pendingWorkflows, cursor, limit: pageSize });
    const left = entries.filter(({ value }) => value.updatedAt <= before);
    for (const entry of left) await carryOn(core, entry);
    found += left.length;
    cursor = next;
  } while (cursor !== undefined && monotonic() - began < forMs);
  return found;
}

async function carryOn(core: Core, { key, value }: KnownWorkflow): Promise<void> {
  try {
    if (value.making) await makeWorkflow(core, key);
    if (value.cancelling) await cancelJobs(core, key);
    await tellWorkflow(core, value);
  } catch (error) {
    core.log.warn({ error, workflowId: key }, 'a workflow could not be continued; the next sweep tries again');
  }
}
