/** React hooks of Job Tickets, bound to one client: components hand in jobs and see them change. */
import {
  isFinal,
  type AnyJobTypes,
  type CreateJobInput,
  type Job,
  type JobLogLine,
  type JobSummary,
  type JobTickets,
  type JobTypesMap,
  type NameOf,
  type TypedJob,
  type Workflow,
} from 'job-tickets-client';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { combined } from './combined.ts';
import { followJob } from './followJob.ts';
import { followJobs, type JobsQuery } from './followJobs.ts';
import { followWorkflow, type WorkflowJobState, type WorkflowWithJobs } from './followWorkflow.ts';
import { jobOptionsOf, type JobOptions, type JobQueryKey } from './jobOptions.ts';
import { createSources } from './sources.ts';
import { useCall, type CallState, type UsedCall } from './useCall.ts';
import { idle, skipToken, type SkipToken, type View, type Viewed, type ViewStatus } from './view.ts';

export { skipToken };
export type { CallState, JobOptions, JobQueryKey, JobsQuery, SkipToken, UsedCall, View, ViewStatus, WorkflowJobState, WorkflowWithJobs };

export interface InitialData<Data> {
  /** The job that the server rendered: followed from there on. If a newer state of a job that had ended is passed, it is followed again. */
  readonly initialData?: Data | undefined;
}

export type CreateJobOptions = Omit<CreateJobInput<string, unknown>, 'type' | 'params'>;

export interface JobHooks<Types extends JobTypesMap<Types>> {
  /** One job, from now to its final state, whose `data` has the result. */
  useJob<Name extends NameOf<Types>>(jobId: string | SkipToken, options?: InitialData<TypedJob<Types, Name>>): View<TypedJob<Types, Name>>;
  /** Several jobs, in the order of their ids; `undefined` for those that are not known yet. The array may be a new one at each render. */
  useJobs(jobIds: readonly string[] | SkipToken, options?: InitialData<readonly Job[]>): View<readonly (Job | undefined)[]>;
  /** A page of the list, newest first, kept up to date. The query may be a new object at each render. */
  useJobs(query?: JobsQuery, options?: InitialData<readonly JobSummary[]>): View<readonly JobSummary[]>;
  /** The lines that the job's handler logs, oldest first, from the first line until the job has ended. */
  useJobLogs(jobId: string | SkipToken, options?: InitialData<readonly JobLogLine[]>): View<readonly JobLogLine[]>;
  /** A workflow with the status of each of its jobs, until it has ended. */
  useWorkflow(workflowId: string | SkipToken): View<WorkflowWithJobs>;
  /** Retries all of its failed jobs. Hooks that follow the workflow see it continue. */
  useRetryWorkflow(): UsedCall<[workflowId: string], Workflow>;
  useCancelWorkflow(): UsedCall<[workflowId: string], Workflow>;
  /** Sends a signal that the job's handler waits for, or will wait for. Sending the same again changes nothing. */
  useSendSignal(): UsedCall<[jobId: string, name: string, payload?: unknown], Job>;
  useCreateJob<Name extends NameOf<Types>>(
    type: Name,
  ): UsedCall<[params?: Types[Name]['params'], options?: CreateJobOptions], TypedJob<Types, Name>>;
  /** Hooks that follow the job see it begin again. */
  useRetryJob(): UsedCall<[jobId: string], Job>;
  useCancelJob(): UsedCall<[jobId: string], Job>;
  /** For `useQuery` and similar functions of TanStack Query 5. */
  jobOptions<Name extends NameOf<Types>>(jobId: string | SkipToken): JobOptions<TypedJob<Types, Name>>;
}

export function createJobHooks<Types extends JobTypesMap<Types> = AnyJobTypes>(client: JobTickets<Types>): JobHooks<Types> {
  const jobs = createSources<Job>({ connection: client, isLast: ({ status }) => isFinal(status) });
  const lists = createSources<readonly JobSummary[]>({ connection: client, isLast: () => false });

  const workflows = createSources<WorkflowWithJobs>({ connection: client, isLast: ({ status }) => status !== 'RUNNING' });
  const logs = createSources<readonly JobLogLine[]>({ connection: client, isLast: () => false });

  function jobAt(jobId: string, initial: Job | undefined): Viewed<Job> {
    return jobs.at(jobId, {
      initial,
      async follow({ initial: known, show, signal }) {
        for await (const job of followJob(client, jobId, { initial: known, signal })) show(job);
      },
    });
  }

  function listAt(key: string, query: JobsQuery, initial: readonly JobSummary[] | undefined): Viewed<readonly JobSummary[]> {
    return lists.at(key, { initial, follow: (options) => followJobs(client, query, options) });
  }

  function logsAt(jobId: string, initial: readonly JobLogLine[] | undefined): Viewed<readonly JobLogLine[]> {
    return logs.at(jobId, {
      initial,
      async follow({ initial: known = [], show, signal }) {
        const lines = [...known];
        show(known);
        for await (const line of client.jobLogs(jobId, { afterSequence: lines.at(-1)?.sequence, signal })) {
          lines.push(line);
          show(lines.slice());
        }
      },
    });
  }

  function workflowAt(workflowId: string): Viewed<WorkflowWithJobs> {
    return workflows.at(workflowId, { initial: undefined, follow: (options) => followWorkflow(client, workflowId, options) });
  }

  /** A job that has ended and was retried is followed again. */
  function learn(job: Job): void {
    const source = jobs.get(job.jobId);
    if (source === undefined) return;
    const { data, status } = source.view();
    const isNewer = data === undefined || data.version < job.version;
    if (isNewer && (status === 'ended' || status === 'error')) source.restart(job);
  }

  function useJob<Name extends NameOf<Types>>(
    jobId: string | SkipToken,
    { initialData }: InitialData<TypedJob<Types, Name>> = {},
  ): View<TypedJob<Types, Name>> {
    const viewed = useMemo(() => (jobId === skipToken ? idle : jobAt(jobId, initialData)), [jobId]);
    const view = useViewed<Job>(viewed);
    useEffect(() => {
      if (initialData !== undefined) learn(initialData);
    }, [viewed, initialData?.version]);
    return typed<TypedJob<Types, Name>>(view);
  }

  function useJobLogs(jobId: string | SkipToken, { initialData }: InitialData<readonly JobLogLine[]> = {}): View<readonly JobLogLine[]> {
    return useViewed<readonly JobLogLine[]>(useMemo(() => (jobId === skipToken ? idle : logsAt(jobId, initialData)), [jobId]));
  }

  function useJobs(jobIds: readonly string[] | SkipToken, options?: InitialData<readonly Job[]>): View<readonly (Job | undefined)[]>;
  function useJobs(query?: JobsQuery, options?: InitialData<readonly JobSummary[]>): View<readonly JobSummary[]>;
  function useJobs(
    which: readonly string[] | JobsQuery | SkipToken = {},
    { initialData }: InitialData<readonly JobSummary[]> = {},
  ): View<readonly (JobSummary | undefined)[]> {
    // Two queries are the same if their contents are the same.
    const key = which === skipToken ? '' : JSON.stringify(which);
    const viewed = useMemo((): Viewed<readonly (JobSummary | undefined)[]> => {
      if (which === skipToken) return idle;
      if (!isListOfIds(which)) return listAt(key, which, initialData);
      return combined(
        which.map((jobId) =>
          jobAt(
            jobId,
            initialData?.find((job): job is Job => isWhole(job) && job.jobId === jobId),
          ),
        ),
      );
    }, [key]);
    return useViewed(viewed);
  }

  function useCreateJob<Name extends NameOf<Types>>(type: Name) {
    return useCall(
      useCallback(
        async (params?: Types[Name]['params'], options: CreateJobOptions = {}): Promise<TypedJob<Types, Name>> =>
          (await client.createJob({ ...options, type, ...(params === undefined ? {} : { params }) })).job,
        [type],
      ),
    );
  }

  async function retry(jobId: string): Promise<Job> {
    const job = await client.retry(jobId);
    learn(job);
    return job;
  }

  const cancel = (jobId: string): Promise<Job> => client.cancel(jobId);

  const cancelWorkflow = (workflowId: string): Promise<Workflow> => client.cancelWorkflow(workflowId);
  const sendSignal = (jobId: string, name: string, payload?: unknown): Promise<Job> => client.sendSignal(jobId, name, payload);

  async function retryWorkflow(workflowId: string): Promise<Workflow> {
    const workflow = await client.retryWorkflow(workflowId);
    const source = workflows.get(workflowId);
    const { data, status } = source?.view() ?? {};
    if (data !== undefined && (status === 'ended' || status === 'error')) source?.restart({ ...data, ...workflow });
    return workflow;
  }

  return {
    useJob,
    useJobs,
    useWorkflow: (workflowId) =>
      useViewed<WorkflowWithJobs>(useMemo(() => (workflowId === skipToken ? idle : workflowAt(workflowId)), [workflowId])),
    useRetryWorkflow: () => useCall(retryWorkflow),
    useCancelWorkflow: () => useCall(cancelWorkflow),
    useSendSignal: () => useCall(sendSignal),
    useCreateJob,
    useRetryJob: () => useCall(retry),
    useJobLogs,
    useCancelJob: () => useCall(cancel),
    jobOptions: (jobId) => jobOptionsOf(client, jobId),
  };
}

function useViewed<Data>({ subscribe, view, firstView }: Viewed<Data>): View<Data> {
  return useSyncExternalStore(subscribe, view, firstView);
}

/** The caller states the types of its params and result, as for the client's `job`. */
function typed<Data extends Job>(view: View<Job>): View<Data> {
  if (isViewOf<Data>(view)) return view;
  throw new TypeError('This is no job.');
}

function isViewOf<Data extends Job>(view: View<Job>): view is View<Data> {
  return view.data === undefined || 'jobId' in view.data;
}

function isListOfIds(which: readonly string[] | JobsQuery): which is readonly string[] {
  return Array.isArray(which);
}

function isWhole(job: JobSummary): job is Job {
  return 'params' in job && 'history' in job;
}
