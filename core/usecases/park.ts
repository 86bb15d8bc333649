/** Parks a job: it waits on purpose from now on, and needs no message until the process that ends its wait sends it again. */
import type { Job } from '../job.ts';
import type { Waiting } from '../waiting.ts';
import type { Core } from './core.ts';
import { wakeJob } from './wake.ts';

/**
 * - `parked`: it waits, or has been woken since: its present message may go.
 * - `changed`: it has changed since it was read; `job` is its present record, undefined where it is gone. Decide again.
 */
export type Parked = { readonly kind: 'parked' } | { readonly kind: 'changed'; readonly job: Job | undefined };

/**
 * `isStillBarred` is called after the write, and reads once more what the job waits for, which may have ended in between
 * without waking this job. Then the job is woken here. If this process dies in between, the timer wakes it.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`: the message must come back.
 */
export async function parkJob(
  core: Pick<Core, 'table' | 'queues' | 'telemetry'>,
  { jobId, version }: Pick<Job, 'jobId' | 'version'>,
  waiting: Waiting,
  isStillBarred: () => Promise<boolean>,
): Promise<Parked> {
  const { ok, job } = await core.table.touch('park', jobId, { version }, { waiting });
  if (!ok) return { kind: 'changed', job };
  if (!(await isStillBarred())) await wakeJob(core, job);
  return { kind: 'parked' };
}
