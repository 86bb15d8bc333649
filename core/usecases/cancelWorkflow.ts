/** Cancels all open jobs of a workflow, and the open children of those that have ended. */
import { batchesOf } from '../batches.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { isWorkflowOver, type Workflow } from '../workflow/workflow.ts';
import { cancelChildren } from './cancelChildren.ts';
import { cancelJob } from './cancelJob.ts';
import type { Core } from './core.ts';
import { makeWorkflow } from './makeWorkflow.ts';
import type { Caller } from './readJob.ts';
import { tellJob } from './tell.ts';
import { getWorkflow, readPlan, workflowDraft, workflowKind } from './workflows.ts';

/**
 * Answers the workflow as it then is; jobs that run end within a heartbeat. Asking twice changes nothing. Should this die, the
 * sweeper goes on. @throws {JobError} `WORKFLOW_NOT_FOUND`, `WORKFLOW_NOT_CANCELLABLE`, `TABLE_UNAVAILABLE`.
 */
export async function cancelWorkflow(core: Core, request: Caller & { readonly workflowId: string }): Promise<Workflow> {
  const { key } = await getWorkflow(core, request);
  const { at } = await core.table.time();
  await changeEntry(core.table.entries, workflowKind, key, (entry) => {
    if (entry === undefined) throw new JobError('WORKFLOW_NOT_FOUND');
    const { value } = entry;
    if (isWorkflowOver(value)) {
      throw new JobError('WORKFLOW_NOT_CANCELLABLE', { message: `The workflow has already ended ${value.status}.` });
    }
    return value.cancelling ? 'keep' : workflowDraft({ ...value, cancelling: true, updatedAt: at }, core.settings);
  });
  await cancelJobs(core, key);
  return (await getWorkflow(core, request)).value;
}

const atOnce = 20;

/**
 * The last ones first, so that none begins because another was cancelled. Those that were not made yet are made for it: a
 * record says of each what became of it. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function cancelJobs(core: Core, workflowId: string): Promise<void> {
  const plan = await readPlan(core, workflowId);
  if (plan === undefined) return;
  await makeWorkflow(core, workflowId);
  const jobIds = plan.backwards.map((number) => plan.jobIds[number] ?? '');
  for (const some of batchesOf(jobIds, atOnce)) await Promise.all(some.map((jobId) => cancelOne(core, jobId)));
  await changeEntry(core.table.entries, workflowKind, workflowId, (entry) =>
    entry === undefined || !entry.value.cancelling ? 'keep' : workflowDraft({ ...entry.value, cancelling: false }, core.settings),
  );
}

async function cancelOne(core: Core, jobId: string): Promise<void> {
  const job = await core.table.get(jobId);
  if (job === undefined) return;
  if (isFinal(job.status)) return cancelLeft(core, job);
  if (job.cancelRequested) return;
  try {
    await cancelJob(core, { owner: job.owner, jobId });
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof JobError) || error.code !== 'JOB_NOT_CANCELLABLE') throw error;
  }
}

async function cancelLeft(core: Core, parent: Job): Promise<void> {
  const telling: Promise<Job>[] = [];
  await cancelChildren(core, parent, (child) => void telling.push(tellJob(core, child)));
  await Promise.all(telling);
}
