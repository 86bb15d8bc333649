/** Reads the jobs of events that arrive together in one go: one read for a hundred watchers, not a hundred. */
import type { Job } from '../core/job.ts';
import type { Core } from '../core/usecases/core.ts';
import { getJobs } from '../core/usecases/readJob.ts';

type JobReader = Pick<Core, 'table'>;

interface Batch {
  readonly jobIds: string[];
  readonly jobs: Promise<readonly (Job | undefined)[]>;
}

/** Per core, since a process may have several, and per owner, whose jobs alone are read. */
const batches = new WeakMap<JobReader, Map<string, Batch>>();

/** Nothing is cached: the job is at least as new as the call. */
export async function loadJob(
  core: JobReader,
  { owner, jobId }: { readonly owner: string; readonly jobId: string },
): Promise<Job | undefined> {
  const batch = openBatch(core, owner);
  const place = batch.jobIds.push(jobId) - 1;
  return (await batch.jobs)[place];
}

function openBatch(core: JobReader, owner: string): Batch {
  const byOwner = batches.get(core) ?? new Map<string, Batch>();
  batches.set(core, byOwner);
  const open = byOwner.get(owner);
  if (open !== undefined) return open;

  const jobIds: string[] = [];
  const jobs = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    byOwner.delete(owner);
    return getJobs(core, { owner, jobIds });
  });
  const batch = { jobIds, jobs };
  byOwner.set(owner, batch);
  return batch;
}
