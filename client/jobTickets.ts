/** The client of Job Tickets: hand in a job, watch it, wait for it. Its only dependency is graphql-ws. */
import {
  changeBulkOperation,
  listBulkOperations,
  watchBulkOperation,
  withKey,
  type BulkAction,
  type BulkOperation,
  type BulkOperationStatus,
  type CreateBulkOperationInput,
  type ListBulkOperationsOptions,
  type WatchBulkOperationOptions,
} from './bulkOperations.ts';
import type { Call } from './call.ts';
import { clientDocuments } from './documents.ts';
import { openConnection, type ConnectionOptions, type ConnectionState } from './connection.ts';
import { createJob, createJobs, type CreatedJob, type CreateJobResult } from './createJobs.ts';
import type { JobTicketsErrorCode } from './errorCode.ts';
import { JobTicketsError, type JobTicketsErrorDetails } from './errors.ts';
import { applyEvent } from './applyEvent.ts';
import {
  isFinal,
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
import { listJobs, type JobsList, type JobsPage, type ListJobsOptions } from './listJobs.ts';
import {
  changeSchedule,
  listSchedules,
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
import { workflowCalls, type WorkflowCalls } from './workflowCalls.ts';
import type {
  CreatedWorkflow,
  CreateWorkflowInput,
  ListWorkflowsOptions,
  ParamFrom,
  WatchWorkflowOptions,
  WhenDependencyFails,
  Workflow,
  WorkflowEvent,
  WorkflowJob,
  WorkflowJobInput,
  WorkflowStatus,
} from './workflows.ts';
import { jobLogs, type JobLogsOptions, type JobLogLine } from './jobLogs.ts';
import { watchJob, type WatchJobOptions } from './watchJob.ts';
import { watchJobs, type WatchJobsOptions } from './watchJobs.ts';
import type { WatchWorkflowsOptions, WorkflowChange } from './watchWorkflows.ts';
import {
  changeWebhook,
  listWebhooks,
  type CreateWebhookEndpointInput,
  type ListDeliveriesOptions,
  type ListWebhooksOptions,
  type UpdateWebhookEndpointInput,
  type WebhookDelivery,
  type WebhookEndpoint,
  type WebhookSecret,
} from './webhooks.ts';

export { applyEvent, isFinal, JobTicketsError };
export type { Call };
export type { AnyJobInput, AnyJobTypes, ConnectionOptions, ConnectionState, CreatedJob, CreateJobInput, CreateJobResult, Job, JobFailure };
export type { BulkAction, BulkOperation, BulkOperationStatus, CreateBulkOperationInput, ListBulkOperationsOptions };
export type { WatchBulkOperationOptions };
export type { JobHistoryEntry, JobPriority, JobsFilter, JobsList, JobsPage, JobStatus, JobStatusEvent, JobSummary, WaitingReason };
export type { JobTicketsErrorCode, JobTicketsErrorDetails, JobTypesMap, ListJobsOptions, NameOf, Token, TypedJob };
export type { CatchUpPolicy, CreateScheduleInput, ListSchedulesOptions, OverlapPolicy, Schedule, ScheduleSpec, ScheduleTick, TickOutcome };
export type { CreatedWorkflow, CreateWorkflowInput, ListWorkflowsOptions, WatchWorkflowOptions, WhenDependencyFails, Workflow };
export type { ParamFrom, WatchWorkflowsOptions, WorkflowChange, WorkflowEvent, WorkflowJob, WorkflowJobInput, WorkflowStatus };
export type { JobLogLine, JobLogsOptions, UpdateScheduleInput, WatchJobOptions, WatchJobsOptions };
export type { CreateWebhookEndpointInput, ListDeliveriesOptions, ListWebhooksOptions, UpdateWebhookEndpointInput, WebhookDelivery };
export type { WebhookEndpoint, WebhookSecret };

export interface WatchToken {
  readonly token: string;
  readonly expiresAt: string;
}

export interface JobCount {
  readonly count: number;
  /** False: there are at least so many. */
  readonly isExact: boolean;
}

/** As in lists, together with the fields that may be large. */
export type JobWithPayloads = Omit<Job, 'history'>;

export interface JobTickets<Types extends JobTypesMap<Types>> extends WorkflowCalls<Types>, AsyncDisposable {
  /** When this answers, the job is recorded and queued. `created` is false if the key already had its job. */
  createJob<Name extends NameOf<Types>>(
    input: CreateJobInput<Name, Types[Name]['params']>,
    call?: Call,
  ): Promise<CreatedJob<TypedJob<Types, Name>>>;
  /** Any number. Each succeeds or fails by itself, and the results come in the order of the inputs. */
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
  /** Newest first, as many as are requested: `for await (const job of client.jobs())`, or its `.pages()`. */
  jobs(options: ListJobsOptions & { readonly withPayloads: true }): JobsList<JobWithPayloads>;
  jobs(options?: ListJobsOptions): JobsList;
  /** The number of jobs, counted up to 10,000. */
  jobCount(
    filter: JobsFilter,
    call?: Call & { readonly owner?: string | undefined; readonly allOwners?: boolean | undefined },
  ): Promise<JobCount>;
  /** Returns the job when it is final: look at its `status`. */
  waitForJob<Name extends NameOf<Types>>(jobId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  /** Each change of status once and in order, across lost connections; ends after a final state. */
  watchJob(jobId: string, options?: WatchJobOptions): AsyncGenerator<JobStatusEvent, void, void>;
  /** The lines that its handler logs: each once and in order, across lost connections; ends when the job has ended. */
  jobLogs(jobId: string, options?: JobLogsOptions): AsyncGenerator<JobLogLine, void, void>;
  /** All changes of an owner’s jobs from now on, across lost connections; does not end by itself. */
  watchJobs(options?: WatchJobsOptions): AsyncGenerator<JobStatusEvent, void, void>;
  /** Not repeated when its answer is lost (`CONNECTION_LOST`): look at the job. */
  retry<Name extends NameOf<Types>>(
    jobId: string,
    /** `fromStart`: what its handler kept is discarded. */
    call?: Call & { readonly fromStart?: boolean | undefined },
  ): Promise<TypedJob<Types, Name>>;
  /** Sends the signal that its handler waits for, or will wait for; any JSON. The same signal again changes nothing. */
  sendSignal<Name extends NameOf<Types>>(jobId: string, name: string, payload?: unknown, call?: Call): Promise<TypedJob<Types, Name>>;
  /** Like `retry`, not repeated when its answer is lost. A running job ends within a heartbeat. */
  cancel<Name extends NameOf<Types>>(jobId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  /** A token with which somebody, such as a browser, may watch this job and nothing else. */
  createWatchToken(jobId: string, call?: Call & { readonly ttlSeconds?: number | undefined }): Promise<WatchToken>;
  /** Makes a job at each of its times. Like all changes of schedules, not repeated when its answer is lost (`CONNECTION_LOST`). */
  createSchedule<Name extends NameOf<Types>>(input: CreateScheduleInput<Name, Types[Name]['params']>, call?: Call): Promise<Schedule>;
  /** After the answer, every tick follows the new definition. */
  updateSchedule<Name extends NameOf<Types>>(
    scheduleId: string,
    changes: UpdateScheduleInput<Name, Types[Name]['params']>,
    call?: Call,
  ): Promise<Schedule>;
  /** Returns it as it was; its jobs stay. */
  deleteSchedule(scheduleId: string, call?: Call): Promise<Schedule>;
  pauseSchedule(scheduleId: string, call?: Call): Promise<Schedule>;
  resumeSchedule(scheduleId: string, call?: Call): Promise<Schedule>;
  /** Makes a job of it now, in addition to its ticks. */
  triggerSchedule<Name extends NameOf<Types>>(scheduleId: string, call?: Call): Promise<TypedJob<Types, Name>>;
  schedule(scheduleId: string, call?: Call): Promise<Schedule>;
  /** By their names: `for await (const schedule of client.schedules())`. */
  schedules(options?: ListSchedulesOptions): AsyncGenerator<Schedule, void, void>;
  /** Retries or cancels all jobs that match now, in the background, each once. Repeats itself until it has an answer. */
  createBulkOperation(input: CreateBulkOperationInput, call?: Call): Promise<BulkOperation>;
  /** The jobs in progress are the last ones; an operation that has ended stays as it is. */
  abortBulkOperation(operationId: string, call?: Call): Promise<BulkOperation>;
  bulkOperation(operationId: string, call?: Call): Promise<BulkOperation>;
  /** Newest first: `for await (const operation of client.bulkOperations())`. */
  bulkOperations(options?: ListBulkOperationsOptions): AsyncGenerator<BulkOperation, void, void>;
  /** Its present state, then each change, across lost connections; ends when the operation has ended. */
  watchBulkOperation(operationId: string, options?: WatchBulkOperationOptions): AsyncGenerator<BulkOperation, void, void>;
  /** Its secret is shown only this once. Like all changes of webhooks, not repeated when its answer is lost (`CONNECTION_LOST`). */
  createWebhookEndpoint(input: CreateWebhookEndpointInput, call?: Call): Promise<WebhookSecret>;
  updateWebhookEndpoint(endpointId: string, changes: UpdateWebhookEndpointInput, call?: Call): Promise<WebhookEndpoint>;
  /** Returns it as it was; pending deliveries to it are dropped. */
  deleteWebhookEndpoint(endpointId: string, call?: Call): Promise<WebhookEndpoint>;
  /** For a day, or as long as given, events are signed with the old secret too. */
  rotateWebhookSecret(endpointId: string, call?: Call & { readonly keepOldSeconds?: number | undefined }): Promise<WebhookSecret>;
  /** The oldest first. */
  webhookEndpoints(options?: ListWebhooksOptions): AsyncGenerator<WebhookEndpoint, void, void>;
  /** The newest events first. */
  webhookDeliveries(options?: ListDeliveriesOptions): AsyncGenerator<WebhookDelivery, void, void>;
  /** The same event once more, now. */
  redeliverWebhook(deliveryId: string, call?: Call): Promise<WebhookDelivery>;
  connectionState(): ConnectionState;
  /** @returns the function that ends it. */
  onConnectionState(listener: (state: ConnectionState) => void): () => void;
  close(): Promise<void>;
}

/** All calls reject with a `JobTicketsError`; those that can be repeated safely outlast lost connections and restarts. */
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
    jobCount: (filter, { owner, allOwners, ...call } = {}) => ask(clientDocuments.jobCount, { filter, owner, allOwners }, call),
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
    createBulkOperation: (input, { signal } = {}) => changeBulkOperation(connection, 'createBulkOperation', withKey(input), signal),
    abortBulkOperation: (operationId, { signal } = {}) => changeBulkOperation(connection, 'abortBulkOperation', { operationId }, signal),
    bulkOperation: (operationId, call) => ask(clientDocuments.bulkOperation, { operationId }, call),
    bulkOperations: (listOptions) => listBulkOperations(connection, listOptions),
    watchBulkOperation: (operationId, watchOptions) => watchBulkOperation(connection, operationId, watchOptions),
    createWebhookEndpoint: (input, { signal } = {}) => changeWebhook(connection, 'createWebhookEndpoint', input, signal),
    updateWebhookEndpoint: async (endpointId, changes, { signal } = {}) =>
      (await changeWebhook(connection, 'updateWebhookEndpoint', { endpointId, ...changes }, signal)).endpoint,
    deleteWebhookEndpoint: async (endpointId, { signal } = {}) =>
      (await changeWebhook(connection, 'deleteWebhookEndpoint', { endpointId }, signal)).endpoint,
    rotateWebhookSecret: (endpointId, { signal, keepOldSeconds } = {}) =>
      changeWebhook(connection, 'rotateWebhookSecret', { endpointId, keepOldSeconds }, signal),
    webhookEndpoints: (listOptions) => listWebhooks(connection, 'webhookEndpoints', listOptions),
    webhookDeliveries: (listOptions) => listWebhooks(connection, 'webhookDeliveries', listOptions),
    redeliverWebhook: async (deliveryId, { signal } = {}) =>
      (await changeWebhook(connection, 'redeliverWebhook', { deliveryId }, signal)).delivery,
    ...workflowCalls<Types>(connection),
    connectionState: connection.state,
    onConnectionState: connection.onState,
    close: connection.close,
    [Symbol.asyncDispose]: connection.close,
  };
}
