/** Retries all failed jobs of a workflow: jobs that were cancelled because of them continue by themselves. */
import { batchesOf } from '../batches.ts';
import { JobError } from '../errors.ts';
import { isFailed, type Job } from '../job.ts';
import type { Workflow } from '../workflow/workflow.ts';
import type { Core } from './core.ts';
import type { Caller } from './readJob.ts';
import { retryJob } from './retryJob.ts';
import { getWorkflow, readPlan } from './workflows.ts';

const readsAtOnce = 100;
const atOnce = 10;

/** Answers the workflow as it then is. @throws {JobError} `WORKFLOW_NOT_FOUND`, `WORKFLOW_NOT_RETRYABLE`, `TABLE_UNAVAILABLE`. */
export async function retryWorkflow(core: Core, request: Caller & { readonly workflowId: string }): Promise<Workflow> {
  const { key, value } = await getWorkflow(core, request);
  const failed = (await jobsOf(core, key)).filter(({ status, cause }) => isFailed(status) && cause === undefined);
  if (failed.length === 0) {
    throw new JobError('WORKFLOW_NOT_RETRYABLE', { message: `The workflow is ${value.status}, and none of its jobs has failed.` });
  }
  for (const some of batchesOf(failed, atOnce)) await Promise.all(some.map((job) => retryOne(core, job)));
  return (await getWorkflow(core, request)).value;
}

async function retryOne(core: Core, { owner, jobId }: Job): Promise<void> {
  try {
    await retryJob(core, { owner, jobId });
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof JobError) || error.code !== 'JOB_NOT_RETRYABLE') throw error;
  }
}

/** Its jobs that there are, each after those that it depends on. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function jobsOf(core: Pick<Core, 'table'>, workflowId: string, signal?: AbortSignal): Promise<readonly Job[]> {
  const plan = await readPlan(core, workflowId);
  const jobIds = plan === undefined ? [] : plan.forwards.map((number) => plan.jobIds[number] ?? '');
  const jobs: Job[] = [];
  for (const some of batchesOf(jobIds, readsAtOnce)) {
    jobs.push(...(await core.table.getMany(some, signal)).filter((job) => job !== undefined));
  }
  return jobs;
}
