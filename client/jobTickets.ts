/** The client of Job Tickets: hand in a job, watch it, wait for it. Needs nothing but graphql-ws. */
import { openConnection, type ConnectionOptions, type ConnectionState } from './connection.ts';
import { JobTicketsError, type JobTicketsErrorDetails } from './errors.ts';
import {
  isFinal,
  jobFields,
  type Job,
  type JobFailure,
  type JobHistoryEntry,
  type JobPriority,
  type JobStatus,
  type JobStatusEvent,
} from './job.ts';
import { watchJob, watchJobDocument, type WatchJobOptions } from './watchJob.ts';

export { isFinal, JobTicketsError };
export type { ConnectionOptions, ConnectionState, Job, JobFailure, JobHistoryEntry, JobPriority, JobStatus, JobStatusEvent };
export type { JobTicketsErrorDetails, WatchJobOptions };

/** What a client knows of job types, by their names: `job-tickets types` writes such a map of a server's own types. */
export type JobTypesMap<Types> = { readonly [Name in keyof Types]: { readonly params: unknown; readonly result: unknown } };

/** Where nothing is known of the types, any name will do. */
export type AnyJobTypes = Readonly<Record<string, { readonly params: unknown; readonly result: unknown }>>;

export interface CreateJobInput<Name extends string, Params> {
  readonly type: Name;
  /** Default `{}`. */
  readonly params?: Params;
  /** Default NORMAL. */
  readonly priority?: JobPriority;
  /** The same key with the same payload gives the same job, for 24 hours. Default: one of its own, so that a repeat after a lost answer makes no second job. */
  readonly idempotencyKey?: string;
  /** Do not begin before so many seconds, 0 to 900. Default 0. */
  readonly delaySeconds?: number;
  /** ISO 8601 with its offset; instead of a delay. */
  readonly runAt?: string;
}

export interface Call {
  /** Gives up: the call rejects with the signal's reason. Without one it goes on until it succeeds. */
  readonly signal?: AbortSignal | undefined;
}

type Typed<Types extends JobTypesMap<Types>, Name extends keyof Types> = Job<Types[Name]['params'], Types[Name]['result']>;

export interface JobTickets<Types extends JobTypesMap<Types>> extends AsyncDisposable {
  /** When this answers, the job is recorded and queued. `created` is false if the key already had its job. */
  createJob<Name extends keyof Types & string>(
    input: CreateJobInput<Name, Types[Name]['params']>,
    call?: Call,
  ): Promise<{ readonly job: Typed<Types, Name>; readonly created: boolean }>;
  getJob<Name extends keyof Types & string>(jobId: string, call?: Call): Promise<Typed<Types, Name>>;
  /** Answers when the job is final: look at its `status`. */
  waitForJob<Name extends keyof Types & string>(jobId: string, call?: Call): Promise<Typed<Types, Name>>;
  /** Each change of status once and in order, across lost connections; ends after a final state. */
  watchJob(jobId: string, options?: WatchJobOptions): AsyncGenerator<JobStatusEvent, void, void>;
  /** Not repeated when its answer is lost (`CONNECTION_LOST`): look at the job. */
  retryJob<Name extends keyof Types & string>(jobId: string, call?: Call): Promise<Typed<Types, Name>>;
  cancelJob<Name extends keyof Types & string>(jobId: string, call?: Call): Promise<Typed<Types, Name>>;
  close(): Promise<void>;
}

export const clientDocuments = {
  createJob: `mutation CreateJob($input: CreateJobInput!) { createJob(input: $input) { created job { ${jobFields} } } }`,
  getJob: `query Job($jobId: ID!) { answer: job(jobId: $jobId) { ${jobFields} } }`,
  waitForJob: `query WaitForJob($jobId: ID!) { answer: waitForJob(jobId: $jobId, timeoutSeconds: 30) { ${jobFields} } }`,
  retryJob: `mutation RetryJob($jobId: ID!) { payload: retryJob(input: { jobId: $jobId }) { job { ${jobFields} } } }`,
  cancelJob: `mutation CancelJob($jobId: ID!) { payload: cancelJob(input: { jobId: $jobId }) { job { ${jobFields} } } }`,
  watchJob: watchJobDocument,
};

/** All calls reject with a `JobTicketsError`; those that can be repeated without harm outlast lost connections and restarts. */
export function createJobTickets<Types extends JobTypesMap<Types> = AnyJobTypes>(options: ConnectionOptions): JobTickets<Types> {
  const connection = openConnection(options);

  async function answer<Name extends keyof Types>(query: string, jobId: string, { signal }: Call = {}): Promise<Typed<Types, Name>> {
    const data = await connection.request<{ answer: Typed<Types, Name> }>({ query, variables: { jobId } }, { signal });
    return data.answer;
  }

  async function change<Name extends keyof Types>(query: string, jobId: string, { signal }: Call = {}): Promise<Typed<Types, Name>> {
    const operation = { query, variables: { jobId } };
    const data = await connection.request<{ payload: { job: Typed<Types, Name> } }>(operation, { signal, isRepeatable: false });
    return data.payload.job;
  }

  return {
    async createJob<Name extends keyof Types & string>(input: CreateJobInput<Name, Types[Name]['params']>, { signal }: Call = {}) {
      const variables = { input: { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() } };
      const data = await connection.request<{ createJob: { job: Typed<Types, Name>; created: boolean } }>(
        { query: clientDocuments.createJob, variables },
        { signal },
      );
      return data.createJob;
    },
    getJob: (jobId, call) => answer(clientDocuments.getJob, jobId, call),
    async waitForJob<Name extends keyof Types & string>(jobId: string, call?: Call) {
      for (;;) {
        const job = await answer<Name>(clientDocuments.waitForJob, jobId, call);
        if (isFinal(job.status)) return job;
      }
    },
    watchJob: (jobId, watchOptions) => watchJob(connection, jobId, watchOptions),
    retryJob: (jobId, call) => change(clientDocuments.retryJob, jobId, call),
    cancelJob: (jobId, call) => change(clientDocuments.cancelJob, jobId, call),
    close: connection.close,
    [Symbol.asyncDispose]: connection.close,
  };
}
