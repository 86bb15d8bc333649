/**
 * Those who may wait for a job that succeeds. Where a table can look at them in the transaction that ends the job, and none of them
 * waits for it now, nobody has to be told: of a thousand jobs that one waits for, usually all but a few.
 */
import type { Job } from '../job.ts';
import type { JobTable } from '../table/jobTable.ts';
import type { Plan } from '../workflow/plan.ts';
import { readPlan } from './workflows.ts';

/** To look at more would cost more than to tell them. */
const maxListeners = 3;

/** Their ids. Undefined where somebody has to be told in any case. */
export async function listenersOf(
  table: Pick<JobTable, 'seesOthers' | 'entries'>,
  { jobId, workflow, parent }: Pick<Job, 'jobId'> & Partial<Pick<Job, 'workflow' | 'parent'>>,
): Promise<readonly string[] | undefined> {
  if (table.seesOthers !== true) return undefined;
  if (workflow === undefined) return parent === undefined ? undefined : [parent.jobId];
  const dependants = dependantsIn(await readPlan({ table }, workflow.workflowId), jobId);
  // The workflow itself waits for a job that no other job waits for.
  return parent !== undefined || dependants.length === 0 || dependants.length > maxListeners ? undefined : dependants;
}

/** The ids of the jobs of its workflow that depend on a job. */
export function dependantsIn(plan: Plan | undefined, jobId: string): readonly string[] {
  const number = plan?.numberOf(jobId);
  return plan === undefined || number === undefined ? [] : plan.dependants(number).map((one) => plan.jobIds[one] ?? '');
}
