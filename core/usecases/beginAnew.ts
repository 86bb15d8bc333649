/** Begins a new generation of a job that has ended, or is stuck. The caller then sends its message. */
import { JobError } from '../errors.ts';
import type { ServiceTime } from '../clock.ts';
import type { Job, JobParent } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import { restartedChanges, type FieldChanges } from '../workflow/moves.ts';
import type { Plan } from '../workflow/plan.ts';
import { maxWorkflowJobs } from '../workflow/workflow.ts';
import { maxFailuresOf } from './budget.ts';
import type { Core } from './core.ts';
import { wantsOf } from './lookAt.ts';
import { renewedGeneration } from './renewedGeneration.ts';
import { transitionJob, type TransitionDeps } from './transitionJob.ts';
import { readPlan } from './workflows.ts';

export interface Begin {
  /** Discards what its handler kept. */
  readonly fromStart?: boolean | undefined;
  /** Set where a retried parent names the child again. */
  readonly parent?: JobParent | undefined;
}

/**
 * Writes to the version that was read. @throws {JobError} `JOB_NOT_RETRYABLE` if the job was cancelled because of another job,
 * which the error names.
 */
export async function beginAnew(
  core: TransitionDeps & Pick<Core, 'jobTypes'> & { readonly settings: Pick<Core['settings'], 'attemptsPerReceive' | 'maxReceiveCount'> },
  event: 'retry' | 'retryStuck',
  job: Job,
  facts: { readonly now: ServiceTime; readonly stuckBefore?: number },
  { fromStart = false, parent }: Begin = {},
): Promise<WriteResult> {
  if (parent === undefined) await requireOpenParent(core, job);
  const type = core.jobTypes.find(job.type);
  const restarted = job.workflow !== undefined && event === 'retry' ? await restartedInWorkflow(core, job) : undefined;
  const retried = await transitionJob(core, event, job, {
    facts,
    attempt: 0,
    changes: {
      ...(await renewedGeneration(core, job, facts.now.at)),
      maxFailures: type === undefined ? job.maxFailures : maxFailuresOf(core, type),
      parent,
      ...(fromStart ? { stepsFrom: job.generation + 1 } : {}),
      ...(restarted ?? { runAt: null }),
    },
  });
  if (retried.ok) core.telemetry.count('jobsRetried', { type: job.type });
  return retried;
}

/** Children of a cancelled job are cancelled: a child that is retried alone would be cancelled at once. */
async function requireOpenParent({ table }: Pick<Core, 'table'>, { parent }: Job): Promise<void> {
  if (parent === undefined || (await table.get(parent.jobId))?.status !== 'CANCELLED') return;
  const message = `The job that made it was cancelled: retry job ${parent.jobId}, which then creates this one again.`;
  throw new JobError('JOB_NOT_RETRYABLE', { message, jobId: parent.jobId });
}

async function restartedInWorkflow(core: Pick<Core, 'table'>, job: Job): Promise<FieldChanges> {
  const plan = job.workflow === undefined ? undefined : await readPlan(core, job.workflow.workflowId);
  if (job.cause !== undefined) throw await cancelledFor(core, job, plan);
  return restartedChanges(job, wantsOf(job, plan)?.dependencies[0]);
}

/** The error names the job whose failure was the first cause. */
async function cancelledFor(core: Pick<Core, 'table'>, job: Job, plan: Plan | undefined): Promise<JobError> {
  let cause = job.cause;
  for (let seen = 0; cause !== undefined && seen < maxWorkflowJobs; seen += 1) {
    const next: Job['cause'] = (await core.table.get(cause.jobId))?.cause;
    if (next === undefined) break;
    cause = next;
  }
  const jobId = cause?.jobId ?? job.jobId;
  const name = plan?.jobs[plan.numberOf(jobId) ?? -1]?.name ?? '';
  const message = `The job was cancelled because “${name}” did not succeed: retry job ${jobId}, and this one goes on automatically.`;
  return new JobError('JOB_NOT_RETRYABLE', { message, jobId });
}
