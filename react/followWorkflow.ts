/** Follows a workflow with the status of each of its jobs, from now until it has ended. */
import type { JobStatus, JobStatusEvent, Workflow, WorkflowEvent } from 'job-tickets-client';

/** The state of a job of a workflow. */
export interface WorkflowJobState extends Pick<JobStatusEvent, 'jobId' | 'version' | 'status' | 'attempt' | 'at' | 'error' | 'progress'> {
  /** Its name in the workflow. */
  readonly name: string;
}

/** `jobCounts` are computed from `jobs`. */
export interface WorkflowWithJobs extends Workflow {
  /** In the order in which their first events came. */
  readonly jobs: readonly WorkflowJobState[];
}

/** The part of the client that is used. */
export interface WorkflowClient {
  workflow(workflowId: string, call: { readonly signal: AbortSignal }): Promise<Workflow>;
  watchWorkflow(workflowId: string, options: { readonly signal: AbortSignal }): AsyncGenerator<WorkflowEvent, void, void>;
}

/** The events of a thousand jobs come one by one: they are rendered together, once per frame. */
const frameMs = 16;

export async function followWorkflow(
  client: WorkflowClient,
  workflowId: string,
  { show, signal }: { readonly show: (workflow: WorkflowWithJobs) => void; readonly signal: AbortSignal },
): Promise<void> {
  const jobs = new Map<string, WorkflowJobState>();
  // It may be retried while its end is read, and then continues.
  for (;;) {
    const workflow = await client.workflow(workflowId, { signal });
    let soon: ReturnType<typeof setTimeout> | undefined;
    try {
      for await (const { jobName, jobEvent } of client.watchWorkflow(workflowId, { signal })) {
        if (jobName === null || jobEvent === null) continue;
        jobs.set(jobName, stateOf(jobName, jobEvent));
        if (workflow.status !== 'RUNNING') continue;
        soon ??= setTimeout(() => {
          soon = undefined;
          show(withJobs(workflow, jobs));
        }, frameMs);
      }
    } finally {
      clearTimeout(soon);
    }
    const ended = await client.workflow(workflowId, { signal });
    show(withJobs(ended, jobs));
    if (ended.status !== 'RUNNING') return;
  }
}

function stateOf(name: string, { jobId, version, status, attempt, at, error, progress }: JobStatusEvent): WorkflowJobState {
  return { name, jobId, version, status, attempt, at, error, progress };
}

function withJobs(workflow: Workflow, known: ReadonlyMap<string, WorkflowJobState>): WorkflowWithJobs {
  const jobs = [...known.values()];
  const counts = new Map<JobStatus, number>();
  for (const { status } of jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return { ...workflow, jobs, jobCounts: [...counts].map(([status, count]) => ({ status, count })) };
}
