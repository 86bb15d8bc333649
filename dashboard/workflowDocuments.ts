/** The API operations of the pages for workflows. */
import type { JobFailure, JobStatus, JobStatusEvent, WaitingReason } from '../client/job.ts';
import type { Workflow, WorkflowStatus } from '../client/workflows.ts';
import type { PageInfo } from './documents.ts';

/** `jobCounts` is read separately, since it takes a read of each job. */
export interface ListedWorkflow extends Omit<Workflow, 'jobCounts'> {
  readonly owner: string;
}

/** A job as its workflow's page shows it. */
export interface WorkflowJob {
  readonly jobId: string;
  readonly workflowJobName: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly version: number;
  readonly error: JobFailure | null;
  readonly progress: number | null;
  readonly waitingReason: WaitingReason | null;
  readonly waitingUntil: string | null;
  readonly awaitedSignals: readonly string[];
  readonly attempts: number;
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly dependsOn: readonly { readonly name: string }[];
}

export interface WorkflowChange {
  readonly sequence: string;
  readonly jobName: string | null;
  readonly jobEvent: JobStatusEvent | null;
  readonly workflowStatus: WorkflowStatus | null;
}

/** Another job that the opened one stands beside. */
export interface RelatedJob {
  readonly jobId: string;
  readonly name: string | null;
  readonly type?: string;
  /** Null while it is being made. */
  readonly status: JobStatus | null;
}

interface ChildrenPage {
  readonly edges: readonly { readonly node: Omit<RelatedJob, 'name'> & { readonly childName: string | null } }[];
  readonly pageInfo: PageInfo;
}

export interface JobRelations {
  readonly workflow: { readonly workflowId: string; readonly name: string; readonly status: WorkflowStatus } | null;
  readonly workflowJobName: string | null;
  readonly dependsOn: readonly RelatedJob[];
  readonly dependants: readonly RelatedJob[];
  readonly childName: string | null;
  readonly parent: Omit<RelatedJob, 'name'> | null;
  readonly children: readonly RelatedJob[];
  readonly steps: readonly { readonly name: string; readonly finishedAt: string }[];
}

const failure = 'error { code message attempt at }';
const listed = `workflowId owner name tags status version createdAt finishedAt ${failure}`;
const pageInfo = 'pageInfo { hasNextPage endCursor }';
const children = (behind: string): string => `children(first: 100${behind}) { edges { node { jobId type childName status } } ${pageInfo} }`;

export const workflowDocuments = {
  workflows: `query Workflows($filter: WorkflowsFilter, $owner: String, $after: String) {
    workflows(filter: $filter, owner: $owner, first: 20, after: $after) { edges { node { ${listed} } } ${pageInfo} }
  }`,
  workflow: `query Workflow($workflowId: ID!) { workflow(workflowId: $workflowId) { ${listed} } }`,
  workflowCounts: `query WorkflowCounts($workflowId: ID!) { workflow(workflowId: $workflowId) { jobCounts { status count } } }`,
  workflowJobs: `query WorkflowJobs($workflowId: ID!, $after: String) { workflow(workflowId: $workflowId) { jobs(first: 100, after: $after) {
    edges { node { jobId workflowJobName type status version ${failure} progress waitingReason waitingUntil awaitedSignals attempts generation
      createdAt updatedAt startedAt finishedAt dependsOn { name } } } ${pageInfo}
  } } }`,
  workflowChanged: `subscription WorkflowChanged($workflowId: ID!, $afterSequence: ID) {
    workflowChanged(workflowId: $workflowId, afterSequence: $afterSequence) { sequence jobName workflowStatus
      jobEvent { jobId version status previousStatus attempt at progress recovered ${failure} } }
  }`,
  retryWorkflow: `mutation RetryWorkflow($workflowId: ID!) { retryWorkflow(input: { workflowId: $workflowId }) { workflow { status } } }`,
  cancelWorkflow: `mutation CancelWorkflow($workflowId: ID!) { cancelWorkflow(input: { workflowId: $workflowId }) { workflow { status } } }`,
  sendSignal: `mutation SendSignal($jobId: ID!, $name: String!, $payload: JSON) {
    sendSignal(input: { jobId: $jobId, name: $name, payload: $payload }) { job { jobId } } }`,
  relations: `query Relations($jobId: ID!) { job(jobId: $jobId) {
    workflow { workflowId name status } workflowJobName
    dependsOn { jobId name status } dependants { jobId name status }
    childName parent { jobId type status } steps { name finishedAt } ${children('')}
  } }`,
  children: `query Children($jobId: ID!, $after: String) { job(jobId: $jobId) { ${children(', after: $after')} } }`,
};

export interface WorkflowAnswers {
  readonly workflows: {
    readonly workflows: { readonly edges: readonly { readonly node: ListedWorkflow }[]; readonly pageInfo: PageInfo };
  };
  readonly workflow: { readonly workflow: ListedWorkflow };
  readonly workflowCounts: { readonly workflow: Pick<Workflow, 'jobCounts'> };
  readonly workflowJobs: {
    readonly workflow: { readonly jobs: { readonly edges: readonly { readonly node: WorkflowJob }[]; readonly pageInfo: PageInfo } };
  };
  readonly workflowChanged: { readonly workflowChanged: WorkflowChange };
  readonly relations: { readonly job: Omit<JobRelations, 'children'> & { readonly children: ChildrenPage } };
  readonly children: { readonly job: { readonly children: ChildrenPage } };
}
