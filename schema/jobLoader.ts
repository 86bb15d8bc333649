/** Reads the jobs of events that arrive together in one batch: one read for a hundred watchers, not a hundred. */
import type { Job } from '../core/job.ts';
import { createCoalescedReads, type ReadJob } from '../core/usecases/coalescedReads.ts';
import type { Core } from '../core/usecases/core.ts';

/** A process may have several cores. */
const reads = new WeakMap<Pick<Core, 'table'>, ReadJob>();

/** Another owner's job counts as one that does not exist. */
export async function loadJob(
  core: Pick<Core, 'table'>,
  { owner, jobId }: { readonly owner: string; readonly jobId: string },
): Promise<Job | undefined> {
  let read = reads.get(core);
  if (read === undefined) reads.set(core, (read = createCoalescedReads(core.table)));
  const job = await read(jobId);
  return job?.owner === owner ? job : undefined;
}
