/** Opens a watch of one workflow, for a caller who may see it. */
import { openWorkflowWatch, type WorkflowTransition, type WorkflowWatchDeps } from '../feed/workflowWatch.ts';
import type { Watch } from '../feed/watch.ts';
import { JobError } from '../errors.ts';
import { badInput } from '../text.ts';
import { toldAt } from '../workflow/position.ts';
import type { Core } from './core.ts';
import type { Caller } from './readJob.ts';
import { getWorkflow, readPlan, workflowKind } from './workflows.ts';

export type WorkflowWatchesDeps = Omit<WorkflowWatchDeps, 'readWorkflow'> & { readonly table: Pick<Core['table'], 'entries'> };

export interface WatchWorkflowRequest extends Caller {
  readonly workflowId: string;
  readonly afterSequence?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws {JobError} `WORKFLOW_NOT_FOUND`; `BAD_USER_INPUT` for a sequence of another workflow; `TABLE_UNAVAILABLE`. */
export async function openWatchOfWorkflow(
  { table, ...deps }: WorkflowWatchesDeps,
  { workflowId, afterSequence, signal, ...caller }: WatchWorkflowRequest,
): Promise<Watch<WorkflowTransition>> {
  // Only the reads: the rest of a table is not needed.
  const core = { table } as const;
  const { value: workflow } = await getWorkflow(core, { ...caller, workflowId });
  const plan = await readPlan(core, workflowId);
  if (plan === undefined) throw new JobError('WORKFLOW_NOT_FOUND');
  const told = afterSequence === undefined ? undefined : toldAt(afterSequence, plan.jobs.length);
  if (afterSequence !== undefined && told === undefined) throw badInput('is no sequence of this workflow', ['afterSequence']);
  const readWorkflow: WorkflowWatchDeps['readWorkflow'] = async (id) => (await table.entries.get(workflowKind, id))?.value;
  const names = plan.jobs.map(({ name }) => name);
  return openWorkflowWatch({ ...deps, readWorkflow }, { workflow, jobIds: plan.jobIds, names, told, signal });
}
