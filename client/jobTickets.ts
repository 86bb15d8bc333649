/** The client of Job Tickets: hand in a job, watch it, wait for it. Needs nothing but graphql-ws. */
import { openConnection, type ConnectionOptions, type ConnectionState } from './connection.ts';
import { createDocuments, createJob, createJobs, type CreatedJob, type CreateJobResult } from './createJobs.ts';
import type { JobTicketsErrorCode } from './errorCode.ts';
import { JobTicketsError, type JobTicketsErrorDetails } from './errors.ts';
import { applyEvent } from './applyEvent.ts';
import {
  isFinal,
  jobFields,
  type Job,
  type JobFailure,
  type JobHistoryEntry,
  type JobPriority,
  type JobsFilter,
  type JobStatus,
  type JobStatusEvent,
  type JobSummary,
  type WaitingReason,
} from './job.ts';
import type { AnyJobInput, AnyJobTypes, CreateJobInput, JobTypesMap, NameOf, TypedJob } from './jobTypes.ts';
import { listDocuments, listJobs, type JobsList, type JobsPage, type ListJobsOptions } from './listJobs.ts';
import {
  changeSchedule,
  listSchedules,
  scheduleDocuments,
  type CatchUpPolicy,
  type CreateScheduleInput,
  type ListSchedulesOptions,
  type OverlapPolicy,
  type Schedule,
  type ScheduleSpec,
  type ScheduleTick,
  type TickOutcome,
  type UpdateScheduleInput,
} from './schedules.ts';
import type { Token } from './tokens.ts';
import {
  changeWorkflow,
  createWorkflow,
  listWorkflows,
  watchWorkflow,
  workflowDocuments,
  type CreatedWorkflow,
  type CreateWorkflowInput,
  type ListWorkflowsOptions,
  type SomeParams,
  type WatchWorkflowOptions,
  type WhenDependencyFails,
  type Workflow,
  type WorkflowEvent,
  type WorkflowJobInput,
  type WorkflowStatus,
} from './workflows.ts';
import { jobLogs, jobLogsDocument, type JobLogsOptions, type JobLogLine } from './jobLogs.ts';
import { watchJob, watchJobDocument, type WatchJobOptions } from './watchJob.ts';
import { watchJobs, watchJobsDocuments, type WatchJobsOptions } from './watchJobs.ts';

export { applyEvent, isFinal, JobTicketsError };
export type { AnyJobInput, AnyJobTypes, ConnectionOptions, ConnectionState, CreatedJob, CreateJobInput, CreateJobResult, Job, JobFailure };
export type { JobHistoryEntry, JobPriority, JobsFilter, JobsList, JobsPage, JobStatus, JobStatusEvent, JobSummary, WaitingReason };
export type { JobTicketsErrorCode, JobTicketsErrorDetails, JobTypesMap, ListJobsOptions, NameOf, Token, TypedJob };
export type { CatchUpPolicy, CreateScheduleInput, ListSchedulesOptions, OverlapPolicy, Schedule, ScheduleSpec, ScheduleTick, TickOutcome };
export type { CreatedWorkflow, CreateWorkflowInput, ListWorkflowsOptions, WatchWorkflowOptions, WhenDependencyFails, Workflow };
export type { WorkflowEvent, WorkflowJobInput, WorkflowStatus };
export type { JobLogLine, JobLogsOptions, UpdateScheduleInput, WatchJobOptions, WatchJobsOptions };

export interface Call {
  /** Gives up: the call rejects with the signal's reason. Without one it goes on until it succeeds. */
  readonly signal?: AbortSignal | undefined;
}

export interface WatchToken {
  readonly token: string;
  readonly expiresAt: string;
}

/** As lists have it, with what may be large. */
export type JobWithPayloads = Omit<Job, 'history'>;

export interface JobTickets<Types extends JobTypesMap<Types>> extends AsyncDisposable {
  /** When this answers, the job is recorded and queued. `created` is false if the key already had its job. */
  createJob<Name extends NameOf<Types>>(
    input: CreateJobInput<Name, Types[Name]['params']>,
    call?: Call,
  ): Promise<CreatedJob<TypedJob<Types, Name>>>;
  /** Any number; each stands for itself, and the results come in the order of the inputs. */
  createJobs<const Input extends AnyJobInput<Types>>(
    inputs: readonly Input[],
    call?: Call,
  ): Promise<readonly CreateJobResult<TypedJob<Types, Input['type']>>[]>;
  job<Name extends NameOf<Types>>(jobId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  /** Null: no job has that key, or it is no longer remembered. */
  jobByIdempotencyKey<Name extends NameOf<Types>>(
    idempotencyKey: string,
    call?: Call & { readonly owner?: string | undefined },
  ): Promise<TypedJob<Types, Name> | null>;
  /** Newest first, as many as are asked for: `for await (const job of client.jobs())`, or its `.pages()`. */
  jobs(options: ListJobsOptions & { readonly withPayloads: true }): JobsList<JobWithPayloads>;
  jobs(options?: ListJobsOptions): JobsList;
  /** Answers when the job is final: look at its `status`. */
  waitForJob<Name extends NameOf<Types>>(jobId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  /** Each change of status once and in order, across lost connections; ends after a final state. */
  watchJob(jobId: string, options?: WatchJobOptions): AsyncGenerator<JobStatusEvent, void, void>;
  /** What its handler logs: each line once and in order, across lost connections; ends when the job has. */
  jobLogs(jobId: string, options?: JobLogsOptions): AsyncGenerator<JobLogLine, void, void>;
  /** Whatever happens to all of an owner’s jobs from now on, across lost connections; does not end by itself. */
  watchJobs(options?: WatchJobsOptions): AsyncGenerator<JobStatusEvent, void, void>;
  /** Not repeated when its answer is lost (`CONNECTION_LOST`): look at the job. */
  retry<Name extends NameOf<Types>>(
    jobId: string,
    /** `fromStart`: what its handler kept is forgotten. */
    call?: Call & { readonly fromStart?: boolean | undefined },
  ): Promise<TypedJob<Types, Name>>;
  /** What its handler waits for, or will wait for; any JSON. The same again changes nothing. */
  sendSignal<Name extends NameOf<Types>>(jobId: string, name: string, payload?: unknown, call?: Call): Promise<TypedJob<Types, Name>>;
  /** As `retry`. A job that runs ends within a heartbeat. */
  cancel<Name extends NameOf<Types>>(jobId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  /** A token for someone, a browser for one, who may watch this job and nothing else. */
  createWatchToken(jobId: string, call?: Call & { readonly ttlSeconds?: number | undefined }): Promise<WatchToken>;
  /** A job at each of its times. As all changes of schedules, not repeated when its answer is lost (`CONNECTION_LOST`). */
  createSchedule<Name extends NameOf<Types>>(input: CreateScheduleInput<Name, Types[Name]['params']>, call?: Call): Promise<Schedule>;
  /** After the answer, no tick of the old kind comes. */
  updateSchedule<Name extends NameOf<Types>>(
    scheduleId: string,
    changes: UpdateScheduleInput<Name, Types[Name]['params']>,
    call?: Call,
  ): Promise<Schedule>;
  /** Answers it as it was; its jobs stay. */
  deleteSchedule(scheduleId: string, call?: Call): Promise<Schedule>;
  pauseSchedule(scheduleId: string, call?: Call): Promise<Schedule>;
  resumeSchedule(scheduleId: string, call?: Call): Promise<Schedule>;
  /** A job of it now, beside its ticks. */
  triggerSchedule<Name extends NameOf<Types>>(scheduleId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  schedule(scheduleId: string, call?: Call): Promise<Schedule>;
  /** By their names: `for await (const schedule of client.schedules())`. */
  schedules(options?: ListSchedulesOptions): AsyncGenerator<Schedule, void, void>;
  /** All of its jobs, or none. Names in `dependsOn` and `paramsFrom` are those of its jobs. */
  createWorkflow<const JobName extends string>(
    input: CreateWorkflowInput<
      { [Name in NameOf<Types>]: WorkflowJobInput<Name, SomeParams<Types[Name]['params']>, JobName> }[NameOf<Types>]
    >,
    call?: Call,
  ): Promise<CreatedWorkflow>;
  workflow(workflowId: string, call?: Call): Promise<Workflow>;
  /** Newest first: `for await (const workflow of client.workflows())`. */
  workflows(options?: ListWorkflowsOptions): AsyncGenerator<Workflow, void, void>;
  /** All changes of it and of its jobs, each once and in order a job, across lost connections; ends when it is over. */
  watchWorkflow(workflowId: string, options?: WatchWorkflowOptions): AsyncGenerator<WorkflowEvent, void, void>;
  /** All of its failed jobs. As `retry`. */
  retryWorkflow(workflowId: string, call?: Call): Promise<Workflow>;
  cancelWorkflow(workflowId: string, call?: Call): Promise<Workflow>;
  connectionState(): ConnectionState;
  /** @returns what ends it. */
  onConnectionState(listener: (state: ConnectionState) => void): () => void;
  close(): Promise<void>;
}

export const clientDocuments = {
  ...createDocuments,
  job: `query Job($jobId: ID!) { answer: job(jobId: $jobId) { ${jobFields} } }`,
  jobByIdempotencyKey: `query JobByIdempotencyKey($idempotencyKey: String!, $owner: String) {
    answer: jobByIdempotencyKey(idempotencyKey: $idempotencyKey, owner: $owner) { ${jobFields} } }`,
  ...listDocuments,
  waitForJob: `query WaitForJob($jobId: ID!) { answer: waitForJob(jobId: $jobId, timeoutSeconds: 30) { ${jobFields} } }`,
  retry: `mutation RetryJob($jobId: ID!, $fromStart: Boolean) {
    payload: retryJob(input: { jobId: $jobId, fromStart: $fromStart }) { job { ${jobFields} } } }`,
  sendSignal: `mutation SendSignal($jobId: ID!, $name: String!, $payload: JSON) {
    payload: sendSignal(input: { jobId: $jobId, name: $name, payload: $payload }) { job { ${jobFields} } } }`,
  cancel: `mutation CancelJob($jobId: ID!) { payload: cancelJob(input: { jobId: $jobId }) { job { ${jobFields} } } }`,
  createWatchToken: `mutation CreateWatchToken($jobId: ID!, $ttlSeconds: Int) {
    answer: createWatchToken(input: { jobId: $jobId, ttlSeconds: $ttlSeconds }) { token expiresAt } }`,
  ...scheduleDocuments,
  ...workflowDocuments,
  watchJob: watchJobDocument,
  jobLogs: jobLogsDocument,
  ...watchJobsDocuments,
};

/** All calls reject with a `JobTicketsError`; those that can be repeated without harm outlast lost connections and restarts. */
export function createJobTickets<Types extends JobTypesMap<Types> = AnyJobTypes>(options: ConnectionOptions): JobTickets<Types> {
  const connection = openConnection(options);

  async function ask<Answered>(query: string, variables: Record<string, unknown>, { signal }: Call = {}): Promise<Answered> {
    return (await connection.request<{ answer: Answered }>({ query, variables }, { signal })).answer;
  }

  async function change<Changed>(
    query: string,
    variables: Record<string, unknown>,
    { signal }: Call = {},
    isRepeatable = false,
  ): Promise<Changed> {
    const operation = { query, variables };
    return (await connection.request<{ payload: { job: Changed } }>(operation, { signal, isRepeatable })).payload.job;
  }

  function jobs(listOptions: ListJobsOptions & { readonly withPayloads: true }): JobsList<JobWithPayloads>;
  function jobs(listOptions?: ListJobsOptions): JobsList;
  function jobs(listOptions: ListJobsOptions = {}): JobsList {
    return listJobs(connection, listOptions);
  }

  return {
    createJob: (input, { signal } = {}) => createJob(connection, input, signal),
    createJobs: (inputs, { signal } = {}) => createJobs(connection, inputs, signal),
    job: (jobId, call) => ask(clientDocuments.job, { jobId }, call),
    jobByIdempotencyKey: (idempotencyKey, { owner, ...call } = {}) =>
      ask(clientDocuments.jobByIdempotencyKey, { idempotencyKey, owner }, call),
    jobs,
    async waitForJob<Name extends NameOf<Types>>(jobId: string, call?: Call) {
      for (;;) {
        const job = await ask<TypedJob<Types, Name>>(clientDocuments.waitForJob, { jobId }, call);
        if (isFinal(job.status)) return job;
      }
    },
    watchJob: (jobId, watchOptions) => watchJob(connection, jobId, watchOptions),
    jobLogs: (jobId, logsOptions) => jobLogs(connection, jobId, logsOptions),
    watchJobs: (watchOptions) => watchJobs(connection, watchOptions),
    retry: (jobId, { fromStart, ...call } = {}) => change(clientDocuments.retry, { jobId, fromStart }, call),
    sendSignal: (jobId, name, payload, call) => change(clientDocuments.sendSignal, { jobId, name, payload }, call, true),
    cancel: (jobId, call) => change(clientDocuments.cancel, { jobId }, call),
    createWatchToken: (jobId, { ttlSeconds, ...call } = {}) => ask(clientDocuments.createWatchToken, { jobId, ttlSeconds }, call),
    createSchedule: (input, { signal } = {}) => changeSchedule(connection, 'createSchedule', input, signal),
    updateSchedule: (scheduleId, changes, { signal } = {}) =>
      changeSchedule(connection, 'updateSchedule', { scheduleId, ...changes }, signal),
    deleteSchedule: (scheduleId, { signal } = {}) => changeSchedule(connection, 'deleteSchedule', { scheduleId }, signal),
    pauseSchedule: (scheduleId, { signal } = {}) => changeSchedule(connection, 'pauseSchedule', { scheduleId }, signal),
    resumeSchedule: (scheduleId, { signal } = {}) => changeSchedule(connection, 'resumeSchedule', { scheduleId }, signal),
    triggerSchedule: (scheduleId, call) => change(clientDocuments.triggerSchedule, { scheduleId }, call),
    schedule: (scheduleId, call) => ask(clientDocuments.schedule, { scheduleId }, call),
    schedules: (listOptions) => listSchedules(connection, listOptions),
    createWorkflow: (input, { signal } = {}) => createWorkflow(connection, input, signal),
    workflow: (workflowId, call) => ask(clientDocuments.workflow, { workflowId }, call),
    workflows: (listOptions) => listWorkflows(connection, listOptions),
    watchWorkflow: (workflowId, watchOptions) => watchWorkflow(connection, workflowId, watchOptions),
    retryWorkflow: (workflowId, { signal } = {}) => changeWorkflow(connection, 'retryWorkflow', workflowId, signal),
    cancelWorkflow: (workflowId, { signal } = {}) => changeWorkflow(connection, 'cancelWorkflow', workflowId, signal),
    connectionState: connection.state,
    onConnectionState: connection.onState,
    close: connection.close,
    [Symbol.asyncDispose]: connection.close,
  };
}
