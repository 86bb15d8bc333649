/** What the page reads of workflows, and does to them. */
import type { Connection } from '../client/connection.ts';
import type { Workflow, WorkflowStatus } from '../client/workflows.ts';
import { workflowDocuments, type JobRelations, type ListedWorkflow, type WorkflowAnswers, type WorkflowJob } from './workflowDocuments.ts';

export interface WorkflowsPage {
  readonly workflows: readonly ListedWorkflow[];
  readonly nextCursor: string | null;
}

export interface Workflows {
  /** Newest first. `owner`: undefined for the caller's own. */
  list(which: {
    readonly status: WorkflowStatus | undefined;
    readonly owner: string | undefined;
    readonly after: string | undefined;
  }): Promise<WorkflowsPage>;
  workflow(workflowId: string): Promise<ListedWorkflow>;
  counts(workflowId: string): Promise<Workflow['jobCounts']>;
  /** All of them, each after those that it depends on. */
  jobs(workflowId: string): Promise<readonly WorkflowJob[]>;
  /** The related jobs, with all children. */
  relations(jobId: string): Promise<JobRelations>;
  /** As all changes, not repeated where its answer was lost: that it took effect, the page shows. */
  retry(workflowId: string): Promise<void>;
  cancel(workflowId: string): Promise<void>;
  sendSignal(jobId: string, name: string, payload: unknown): Promise<void>;
}

export function createWorkflows(connection: Connection): Workflows {
  const ask = <Name extends keyof WorkflowAnswers>(name: Name, variables: Record<string, unknown>): Promise<WorkflowAnswers[Name]> =>
    connection.request<WorkflowAnswers[Name]>({ query: workflowDocuments[name], variables });
  const change = async (name: 'retryWorkflow' | 'cancelWorkflow' | 'sendSignal', variables: Record<string, unknown>): Promise<void> => {
    await connection.request({ query: workflowDocuments[name], variables }, { isRepeatable: false });
  };
  return {
    async list({ status, owner, after }) {
      const filter = status === undefined ? {} : { status: [status] };
      const { edges, pageInfo } = (await ask('workflows', { filter, owner, after })).workflows;
      return { workflows: edges.map(({ node }) => node), nextCursor: pageInfo.hasNextPage ? pageInfo.endCursor : null };
    },
    async workflow(workflowId) {
      return (await ask('workflow', { workflowId })).workflow;
    },
    async counts(workflowId) {
      return (await ask('workflowCounts', { workflowId })).workflow.jobCounts;
    },
    async jobs(workflowId) {
      const jobs: WorkflowJob[] = [];
      for (let after: string | null = null; ;) {
        const answer: WorkflowAnswers['workflowJobs'] = await ask('workflowJobs', { workflowId, after });
        const { edges, pageInfo } = answer.workflow.jobs;
        jobs.push(...edges.map(({ node }) => node));
        if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return jobs;
        after = pageInfo.endCursor;
      }
    },
    async relations(jobId) {
      const { job } = await ask('relations', { jobId });
      const { edges, pageInfo } = job.children;
      const nodes = edges.map(({ node }) => node);
      for (let { hasNextPage, endCursor } = pageInfo; hasNextPage && endCursor !== null;) {
        const page: WorkflowAnswers['children'] = await ask('children', { jobId, after: endCursor });
        nodes.push(...page.job.children.edges.map(({ node }) => node));
        ({ hasNextPage, endCursor } = page.job.children.pageInfo);
      }
      return { ...job, children: nodes.map(({ childName, ...child }) => ({ ...child, name: childName })) };
    },
    retry: (workflowId) => change('retryWorkflow', { workflowId }),
    cancel: (workflowId) => change('cancelWorkflow', { workflowId }),
    sendSignal: (jobId, name, payload) => change('sendSignal', { jobId, name, payload }),
  };
}
