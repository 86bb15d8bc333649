/** The client's calls for workflows. */
import type { Call } from './call.ts';
import type { Connection } from './connection.ts';
import type { JobTypesMap, NameOf, TypedJob } from './jobTypes.ts';
import {
  changeWorkflow,
  createWorkflow,
  listWorkflowJobs,
  listWorkflows,
  watchWorkflow,
  workflowDocuments,
  type CreatedWorkflow,
  type CreateWorkflowInput,
  type ListWorkflowsOptions,
  type SomeParams,
  type WatchWorkflowOptions,
  type Workflow,
  type WorkflowEvent,
  type WorkflowJob,
  type WorkflowJobInput,
} from './workflows.ts';
import { watchWorkflows, type WatchWorkflowsOptions, type WorkflowChange } from './watchWorkflows.ts';

export interface WorkflowCalls<Types extends JobTypesMap<Types>> {
  /** Creates all of its jobs, or none. `dependsOn` and `paramsFrom` use the names of its jobs. */
  createWorkflow<const JobName extends string>(
    input: CreateWorkflowInput<
      { [Name in NameOf<Types>]: WorkflowJobInput<Name, SomeParams<Types[Name]['params']>, JobName> }[NameOf<Types>]
    >,
    call?: Call,
  ): Promise<CreatedWorkflow>;
  workflow(workflowId: string, call?: Call): Promise<Workflow>;
  /** Its job with that name; null while the job is being created. */
  workflowJob<Name extends NameOf<Types>>(workflowId: string, jobName: string, call?: Call): Promise<TypedJob<Types, Name> | null>;
  /** All of its jobs, each after those that it depends on: `for await (const job of client.workflowJobs(workflowId))`. */
  workflowJobs(workflowId: string, call?: Call): AsyncGenerator<WorkflowJob, void, void>;
  /** Newest first: `for await (const workflow of client.workflows())`. */
  workflows(options?: ListWorkflowsOptions): AsyncGenerator<Workflow, void, void>;
  /** All changes of it and of its jobs, each once and in order for each job, across lost connections; ends when the workflow has ended. */
  watchWorkflow(workflowId: string, options?: WatchWorkflowOptions): AsyncGenerator<WorkflowEvent, void, void>;
  /** Each change of status of all workflows of an owner, without their jobs, from now on and across lost connections. */
  watchWorkflows(options?: WatchWorkflowsOptions): AsyncGenerator<WorkflowChange, void, void>;
  /** Retries all of its failed jobs. Like `retry`, not repeated when its answer is lost. */
  retryWorkflow(workflowId: string, call?: Call): Promise<Workflow>;
  cancelWorkflow(workflowId: string, call?: Call): Promise<Workflow>;
}

export function workflowCalls<Types extends JobTypesMap<Types>>(connection: Connection): WorkflowCalls<Types> {
  async function ask<Answered>(query: string, variables: Record<string, unknown>, { signal }: Call = {}): Promise<Answered> {
    return (await connection.request<{ answer: Answered }>({ query, variables }, { signal })).answer;
  }

  return {
    createWorkflow: (input, { signal } = {}) => createWorkflow(connection, input, signal),
    workflow: (workflowId, call) => ask(workflowDocuments.workflow, { workflowId }, call),
    workflowJob: async <Name extends NameOf<Types>>(workflowId: string, name: string, call?: Call) =>
      (await ask<{ job: TypedJob<Types, Name> | null }>(workflowDocuments.workflowJob, { workflowId, name }, call)).job,
    workflowJobs: (workflowId, { signal } = {}) => listWorkflowJobs(connection, workflowId, signal),
    workflows: (listOptions) => listWorkflows(connection, listOptions),
    watchWorkflow: (workflowId, watchOptions) => watchWorkflow(connection, workflowId, watchOptions),
    watchWorkflows: (watchOptions) => watchWorkflows(connection, watchOptions),
    retryWorkflow: (workflowId, { signal } = {}) => changeWorkflow(connection, 'retryWorkflow', workflowId, signal),
    cancelWorkflow: (workflowId, { signal } = {}) => changeWorkflow(connection, 'cancelWorkflow', workflowId, signal),
  };
}
