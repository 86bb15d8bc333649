/** Begins a new generation of a job that ended without success, or that is stuck. */
import { JobError } from '../errors.ts';
import type { ServiceTime } from '../clock.ts';
import { maxLosses, type Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import { allows, transitionOf } from '../transitions.ts';
import { transitionJob } from './transitionJob.ts';
import { maxFailuresOf } from './budget.ts';
import type { Core } from './core.ts';
import { enqueue } from './enqueue.ts';
import { getJob, type Caller } from './readJob.ts';
import { renewedParams } from './renewedParams.ts';

/**
 * Answers the job, PENDING in its next generation. The message is rebuilt from the table: nothing depends on the dead
 * letter, and whatever is left of an older generation finds that it is out of date.
 * @throws {JobError} `JOB_NOT_FOUND`; `JOB_NOT_RETRYABLE`; `QUEUE_UNAVAILABLE`, and the job is FAILED.
 */
export async function retryJob(core: Core, request: Caller & { readonly jobId: string }): Promise<Job> {
  const job = await getJob(core, request);
  const now = await core.table.time();
  const facts = { now, stuckBefore: now.low - core.settings.stuckAfterSeconds * 1000 };
  const event = (['retry', 'retryStuck'] as const).find((name) => allows(transitionOf(name), job, { ...facts, version: job.version }));
  if (event === undefined) throw notRetryable(job);

  const retried = await beginAnew(core, event, job, facts);
  if (!retried.ok) throw retried.job === undefined ? new JobError('JOB_NOT_FOUND') : notRetryable(retried.job);
  return enqueue(core, retried.job, 0);
}

/** The next generation, of the version that was read. Its message is the caller's to send. */
export async function beginAnew(
  core: Pick<Core, 'jobTypes' | 'settings' | 'table' | 'feed' | 'telemetry'>,
  event: 'retry' | 'retryStuck',
  job: Job,
  facts: { readonly now: ServiceTime; readonly stuckBefore?: number },
): Promise<WriteResult> {
  const type = core.jobTypes.find(job.type);
  const retried = await transitionJob(core, event, job, {
    facts,
    attempt: 0,
    changes: {
      ...(await renewedParams(core, job, facts.now.at)),
      generation: job.generation + 1,
      attempts: 0,
      failures: 0,
      maxFailures: type === undefined ? job.maxFailures : maxFailuresOf(core, type),
      losses: 0,
      maxLosses,
      dueAt: null,
      runAt: null,
      cancelRequested: false,
      progress: null,
      result: null,
      error: null,
      startedAt: null,
      finishedAt: null,
      sweeps: 0,
      sweptAt: null,
    },
  });
  if (retried.ok) core.telemetry.count('jobsRetried', { type: job.type });
  return retried;
}

function notRetryable({ jobId, status }: Job): JobError {
  return new JobError('JOB_NOT_RETRYABLE', { message: `The job is ${status} and not stuck, so it cannot be retried.`, jobId });
}
