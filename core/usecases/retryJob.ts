/** Begins a new generation of a job that ended without success, or that is stuck. */
import { JobError } from '../errors.ts';
import type { ServiceTime } from '../clock.ts';
import type { Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import { allows, transitionOf } from '../transitions.ts';
import { transitionJob, type TransitionDeps } from './transitionJob.ts';
import { maxFailuresOf } from './budget.ts';
import type { Core } from './core.ts';
import { enqueue } from './enqueue.ts';
import { getJob, type Caller } from './readJob.ts';
import { renewedGeneration } from './renewedGeneration.ts';
import { tellJob } from './tell.ts';
import { wantsOf } from './lookAt.ts';
import { readPlan } from './workflows.ts';
import { restartedChanges, type FieldChanges } from '../workflow/moves.ts';
import type { Plan } from '../workflow/plan.ts';
import { maxWorkflowJobs } from '../workflow/workflow.ts';

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

  const retried = await beginAnew(core, event, job, facts, fromStart);
  if (!retried.ok) throw retried.job === undefined ? new JobError('JOB_NOT_FOUND') : notRetryable(retried.job);
  // The jobs that wait for it are told first; then it continues like them, when its dependencies allow it.
  return retried.job.tell === undefined ? enqueue(core, retried.job, 0) : tellJob(core, retried.job);
}

/** The next generation of the version that was read; `fromStart`: without what its handler kept. The caller sends its message. */
export async function beginAnew(
  core: TransitionDeps & Pick<Core, 'jobTypes' | 'settings'>,
  event: 'retry' | 'retryStuck',
  job: Job,
  facts: { readonly now: ServiceTime; readonly stuckBefore?: number },
  fromStart = false,
): Promise<WriteResult> {
  const type = core.jobTypes.find(job.type);
  const restarted = job.workflow !== undefined && event === 'retry' ? await restartedInWorkflow(core, job) : undefined;
  const retried = await transitionJob(core, event, job, {
    facts,
    attempt: 0,
    changes: {
      ...(await renewedGeneration(core, job, facts.now.at)),
      maxFailures: type === undefined ? job.maxFailures : maxFailuresOf(core, type),
      ...(fromStart ? { stepsFrom: job.generation + 1 } : {}),
      ...(restarted ?? { runAt: null }),
    },
  });
  if (retried.ok) core.telemetry.count('jobsRetried', { type: job.type });
  return retried;
}

/** @throws {JobError} `JOB_NOT_RETRYABLE` for a job that was cancelled because of another one, which the error names. */
async function restartedInWorkflow(core: Pick<Core, 'table'>, job: Job): Promise<FieldChanges> {
  const plan = job.workflow === undefined ? undefined : await readPlan(core, job.workflow.workflowId);
  if (job.cause !== undefined) throw await cancelledFor(core, job, plan);
  return restartedChanges(job, wantsOf(job, plan)?.dependencies[0]);
}

/** The job that failed first, because of which the others were cancelled. */
async function cancelledFor(core: Pick<Core, 'table'>, job: Job, plan: Plan | undefined): Promise<JobError> {
  let cause = job.cause;
  for (let seen = 0; cause !== undefined && seen < maxWorkflowJobs; seen += 1) {
    const next: Job['cause'] = (await core.table.get(cause.jobId))?.cause;
    if (next === undefined) break;
    cause = next;
  }
  const jobId = cause?.jobId ?? job.jobId;
  const name = plan?.jobs[plan.numberOf(jobId) ?? -1]?.name ?? '';
  const message = `The job was cancelled because “${name}” did not succeed: retry that one, job ${jobId}, and this one goes on by itself.`;
  return new JobError('JOB_NOT_RETRYABLE', { message, jobId });
}

function notRetryable({ jobId, status }: Job): JobError {
  return new JobError('JOB_NOT_RETRYABLE', { message: `The job is ${status} and not stuck, so it cannot be retried.`, jobId });
}
