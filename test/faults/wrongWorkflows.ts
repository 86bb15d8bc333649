/** Everything that is wrong with workflows at rest: their ends, what their runs did, and what their watchers saw. */
import type { Job } from '../../core/job.ts';
import type { Workflow } from '../../core/workflow/workflow.ts';
import { judgeGraph } from './graphJudge.ts';
import { readEffects, wrongEffects } from './programEffects.ts';
import type { WorkflowClient } from './workflowClient.ts';
import { missedOfWorkflow } from './workflowWatchChecker.ts';

export interface RecordedWorkflows {
  readonly jobs: readonly Job[];
  /** By their ids. */
  readonly workflows: ReadonlyMap<string, Workflow>;
}

/** `effects`: the file that their handlers wrote. */
export function wrongWorkflows(client: WorkflowClient, { jobs, workflows }: RecordedWorkflows, effects: string): readonly string[] {
  const { workflows: owned, cancelled } = client;
  const records = new Map(jobs.map((job) => [job.jobId, job]));
  const workflowOf = (job: Job): string | undefined => {
    const parent = job.parent === undefined ? undefined : records.get(job.parent.jobId);
    return parent === undefined ? job.workflow?.workflowId : workflowOf(parent);
  };
  const byWorkflow = Map.groupBy(jobs, workflowOf);
  return [
    ...owned.flatMap(({ workflowId, plan, seen }) => {
      const workflow = workflows.get(workflowId);
      if (workflow === undefined) return [`the workflow ${workflowId} is gone`];
      const own = byWorkflow.get(workflowId) ?? [];
      const wasCancelAsked = (jobId: string): boolean => cancelled.has(jobId) || cancelled.has(workflowId);
      const items = own.flatMap((job) => (job.workflow === undefined ? [] : [{ ...job, name: job.workflow.name }]));
      const missed = missedOfWorkflow(seen, [{ ...workflow, name: undefined }, ...items]);
      return [...judgeGraph({ workflow, plan, jobs: own, wasCancelAsked }), ...missed].map((what) => `${workflowId}: ${what}`);
    }),
    ...wrongEffects(
      readEffects(effects),
      owned.map(({ plan }) => plan),
      jobs,
    ),
  ];
}
