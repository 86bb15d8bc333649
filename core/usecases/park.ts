/** Parks a job: it waits on purpose from now on, and needs no message until whoever ends that sends it anew. */
import type { Job } from '../job.ts';
import type { Waiting } from '../waiting.ts';
import type { Core } from './core.ts';
import { wakeJob } from './wake.ts';

/**
 * - `parked`: it waits, or has been woken since: its present message may go.
 * - `changed`: it is no longer as it was read; `job` is what it has become, undefined where it is gone. Decide anew.
 */
export type Parked = { readonly kind: 'parked' } | { readonly kind: 'changed'; readonly job: Job | undefined };

/**
 * `isStillBarred` is asked after the write, and reads once more what the job waits for: what ended in between has told
 * nobody of this job. Where it is over, the job is woken here. Should this die in between, the timer looks there too.
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
