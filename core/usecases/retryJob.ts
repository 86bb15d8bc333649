/** Begins a new generation of a job that ended without success, or that is stuck. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { allows, transitionOf } from '../transitions.ts';
import { beginAnew } from './beginAnew.ts';
import type { Core } from './core.ts';
import { enqueue } from './enqueue.ts';
import { getJob, type Caller } from './readJob.ts';
import { tellJob } from './tell.ts';

export interface RetryRequest extends Caller {
  readonly jobId: string;
  /** What its handler kept (steps, sleeps, signals) is discarded. */
  readonly fromStart?: boolean | undefined;
}

/**
 * Answers the job, PENDING in its next generation. The message is rebuilt from the table: nothing depends on the dead
 * letter, and whatever is left of an older generation finds that it is out of date.
 * @throws {JobError} `JOB_NOT_FOUND`; `JOB_NOT_RETRYABLE`; `QUEUE_UNAVAILABLE`, and the job is FAILED.
 */
export async function retryJob(core: Core, { fromStart = false, ...request }: RetryRequest): Promise<Job> {
  const job = await getJob(core, request);
  const now = await core.table.time();
  const facts = { now, stuckBefore: now.low - core.settings.stuckAfterSeconds * 1000 };
  const event = (['retry', 'retryStuck'] as const).find((name) => allows(transitionOf(name), job, { ...facts, version: job.version }));
  if (event === undefined) throw notRetryable(job);

  const retried = await beginAnew(core, event, job, facts, { fromStart });
  if (!retried.ok) throw retried.job === undefined ? new JobError('JOB_NOT_FOUND') : notRetryable(retried.job);
  // The jobs that wait for it are told first; then it continues like them, when its dependencies allow it.
  return retried.job.tell === undefined ? enqueue(core, retried.job, 0) : tellJob(core, retried.job);
}

function notRetryable({ jobId, status }: Job): JobError {
  return new JobError('JOB_NOT_RETRYABLE', { message: `The job is ${status} and not stuck, so it cannot be retried.`, jobId });
}
