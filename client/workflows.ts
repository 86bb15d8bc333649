/** Workflows: jobs of which some wait for others. They are handed in together, watched, retried, cancelled and listed. */
import type { Connection } from './connection.ts';
import { listNodes } from './listNodes.ts';
import {
  jobFields,
  summaryFields,
  type JobFailure,
  type JobPriority,
  type JobStatus,
  type JobStatusEvent,
  type JobSummary,
} from './job.ts';
import { randomKey } from './randomKey.ts';

export type WorkflowStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
export type WhenDependencyFails = 'CANCEL' | 'RUN' | 'WAIT';

/** Times are RFC 3339, in UTC. */
export interface Workflow {
  readonly workflowId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly status: WorkflowStatus;
  readonly version: number;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly error: JobFailure | null;
  readonly jobCounts: readonly { readonly status: JobStatus; readonly count: number }[];
}

/** A part of the params: results of other jobs provide the rest. */
export type SomeParams<Params> = Params extends object ? Partial<Params> : Params;

/** A value from the result of another job, which must be in `dependsOn`. */
export interface ParamFrom<JobName extends string = string> {
  /** The path in the params that it is written to. */
  readonly path: readonly (string | number)[];
  readonly job: JobName;
  /** The path of the value in the result; empty: the whole result. */
  readonly resultPath: readonly (string | number)[];
}

export interface WorkflowJobInput<Name extends string = string, Params = unknown, JobName extends string = string> {
  /** Unique in the workflow. */
  readonly name: JobName;
  readonly type: Name;
  readonly params?: Params | undefined;
  /** Values from the results of jobs that it depends on. */
  readonly paramsFrom?: readonly ParamFrom<NoInfer<JobName>>[] | undefined;
  /** Names of other jobs of the workflow. */
  readonly dependsOn?: readonly NoInfer<JobName>[] | undefined;
  /** Default: CANCEL. */
  readonly whenDependencyFails?: WhenDependencyFails | undefined;
  readonly priority?: JobPriority | undefined;
  readonly runAt?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface CreateWorkflowInput<Job extends WorkflowJobInput = WorkflowJobInput> {
  readonly name: string;
  /** Default: a random one, so that it can be sent again when its answer was lost. */
  readonly idempotencyKey?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly jobs: readonly Job[];
}

/** A job of a workflow, as in the workflow's list of jobs. */
export interface WorkflowJob extends JobSummary {
  readonly workflowJobName: string;
  readonly dependsOn: readonly { readonly jobId: string; readonly name: string }[];
}

export interface CreatedWorkflow {
  readonly workflow: Workflow;
  readonly created: boolean;
}

/** A change of a job, which then has a name, or of the workflow itself. */
export interface WorkflowEvent {
  /** Pass it as `afterSequence` to resume. */
  readonly sequence: string;
  readonly at: string;
  readonly jobName: string | null;
  readonly jobEvent: JobStatusEvent | null;
  readonly workflowStatus: WorkflowStatus | null;
}

export interface WatchWorkflowOptions {
  /** The last sequence already seen. Default: first the present state of all. */
  readonly afterSequence?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListWorkflowsOptions {
  readonly filter?: { readonly status?: readonly WorkflowStatus[]; readonly name?: string; readonly tags?: readonly string[] } | undefined;
  readonly owner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const workflowFields =
  'workflowId name tags status version createdAt finishedAt error { code message attempt at } jobCounts { status count }';

const change = (name: 'retryWorkflow' | 'cancelWorkflow'): string =>
  `mutation Change($workflowId: ID!) { payload: ${name}(input: { workflowId: $workflowId }) { workflow { ${workflowFields} } } }`;

export const workflowDocuments = {
  createWorkflow: `mutation CreateWorkflow($input: CreateWorkflowInput!) { payload: createWorkflow(input: $input) { created workflow { ${workflowFields} } } }`,
  retryWorkflow: change('retryWorkflow'),
  cancelWorkflow: change('cancelWorkflow'),
  workflow: `query Workflow($workflowId: ID!) { answer: workflow(workflowId: $workflowId) { ${workflowFields} } }`,
  workflows: `query Workflows($filter: WorkflowsFilter, $owner: String, $after: String) { list: workflows(filter: $filter, owner: $owner, first: 20, after: $after) {
    edges { node { ${workflowFields} } } pageInfo { hasNextPage endCursor } } }`,
  workflowJobs: `query WorkflowJobs($workflowId: ID!, $after: String) { within: workflow(workflowId: $workflowId) { list: jobs(first: 50, after: $after) {
    edges { node { ${summaryFields} workflowJobName dependsOn { jobId name } } } pageInfo { hasNextPage endCursor } } } }`,
  workflowJob: `query WorkflowJob($workflowId: ID!, $name: String!) { answer: workflow(workflowId: $workflowId) { job(name: $name) { ${jobFields} } } }`,
  watchWorkflow: `subscription WatchWorkflow($workflowId: ID!, $afterSequence: ID) { workflowChanged(workflowId: $workflowId, afterSequence: $afterSequence) {
    sequence at jobName workflowStatus jobEvent { jobId version status previousStatus attempt at progress recovered error { code message attempt at } } } }`,
};

/** Repeated when its answer was lost: the key makes it one workflow. */
export async function createWorkflow(
  connection: Connection,
  input: CreateWorkflowInput,
  signal: AbortSignal | undefined,
): Promise<CreatedWorkflow> {
  const variables = { input: { ...input, idempotencyKey: input.idempotencyKey ?? randomKey() } };
  return (await connection.request<{ payload: CreatedWorkflow }>({ query: workflowDocuments.createWorkflow, variables }, { signal }))
    .payload;
}

/** Not repeated when its answer is lost. */
export async function changeWorkflow(
  connection: Connection,
  name: 'retryWorkflow' | 'cancelWorkflow',
  workflowId: string,
  signal: AbortSignal | undefined,
): Promise<Workflow> {
  const operation = { query: workflowDocuments[name], variables: { workflowId } };
  return (await connection.request<{ payload: { workflow: Workflow } }>(operation, { signal, isRepeatable: false })).payload.workflow;
}

/** Newest first. */
export function listWorkflows(
  connection: Connection,
  { filter, owner, signal }: ListWorkflowsOptions = {},
): AsyncGenerator<Workflow, void, void> {
  return listNodes(connection, { query: workflowDocuments.workflows, variables: { filter, owner }, signal });
}

/** Each job comes after those that it depends on. Jobs that are still being created are missing. */
export function listWorkflowJobs(
  connection: Connection,
  workflowId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<WorkflowJob, void, void> {
  return listNodes(connection, { query: workflowDocuments.workflowJobs, variables: { workflowId }, signal });
}

/** Each change once and in order for each job, across lost connections and restarts; ends when the workflow has ended. */
export async function* watchWorkflow(
  connection: Connection,
  workflowId: string,
  { afterSequence, signal }: WatchWorkflowOptions = {},
): AsyncGenerator<WorkflowEvent, void, void> {
  let seen = afterSequence;
  for (let tries = 1; ; tries += 1) {
    try {
      const operation = { query: workflowDocuments.watchWorkflow, variables: { workflowId, afterSequence: seen } };
      for await (const data of connection.subscribe<{ workflowChanged: WorkflowEvent }>(operation, signal)) {
        tries = 0;
        seen = data.workflowChanged.sequence;
        yield data.workflowChanged;
      }
      return;
    } catch (error) {
      await connection.pause(error, Math.max(1, tries), signal);
    }
  }
}
