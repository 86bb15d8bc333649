/** Follows a page of the list, newest first, as jobs appear, change and disappear. */
import {
  applyEvent,
  JobTicketsError,
  type JobsFilter,
  type JobsList,
  type JobStatusEvent,
  type JobSummary,
  type ListJobsOptions,
  type WatchJobsOptions,
} from 'job-tickets-client';

/** The part of the client that is used. */
export interface JobsClient {
  jobs(options: ListJobsOptions): JobsList;
  watchJobs(options: WatchJobsOptions): AsyncGenerator<JobStatusEvent, void, void>;
}

export interface JobsQuery {
  readonly filter?: JobsFilter | undefined;
  /** The owner of the jobs; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  /** The number of jobs, 1 to 100. Default 20. */
  readonly first?: number | undefined;
}

interface FollowOptions {
  readonly show: (jobs: readonly JobSummary[]) => void;
  readonly signal: AbortSignal;
}

/** Many new jobs cause one read. */
const pauseMs = 300;
/** The list's index follows the table with a short delay: a second read after that. */
const settledAfterMs = 1500;
const maxEarly = 1000;

/** Ends only with an error, or the signal. */
export async function followJobs(client: JobsClient, query: JobsQuery, options: FollowOptions): Promise<void> {
  for (;;) {
    try {
      await followUntilInterrupted(client, query, options);
    } catch (error) {
      // Nothing is lost: the list is read again.
      if (!(error instanceof JobTicketsError && error.code === 'FEED_INTERRUPTED')) throw error;
      await after(settledAfterMs, options.signal);
    }
  }
}

async function followUntilInterrupted(
  client: JobsClient,
  { filter, owner, first = 20 }: JobsQuery,
  { show, signal }: FollowOptions,
): Promise<void> {
  let jobs: ReadonlyMap<string, JobSummary> = new Map();
  /** Events of jobs that the page does not show. */
  const early = new Map<string, JobStatusEvent>();
  let [readAt, dueAt, settledAt] = [0, 0, Infinity];

  async function read(): Promise<void> {
    readAt = Date.now();
    [dueAt, settledAt] = [settledAt, Infinity];
    const page = await client.jobs({ filter, owner, pageSize: first, signal }).pages().next();
    const listed = page.done === true ? [] : page.value.jobs;
    jobs = new Map(listed.map((job) => [job.jobId, newest(job)]));
    show([...jobs.values()]);
  }

  /** An event may be newer than the list. */
  function newest(job: JobSummary): JobSummary {
    const shown = jobs.get(job.jobId);
    const event = early.get(job.jobId);
    early.delete(job.jobId);
    const known = shown !== undefined && shown.version >= job.version ? shown : job;
    return event === undefined ? known : applyEvent(known, event);
  }

  function take(event: JobStatusEvent): void {
    const job = jobs.get(event.jobId);
    if (job === undefined) {
      if (early.size < maxEarly || early.has(event.jobId)) early.set(event.jobId, event);
    } else {
      jobs = new Map(jobs).set(event.jobId, applyEvent(job, event));
      show([...jobs.values()]);
    }
    // The job enters or leaves what is shown.
    if (job === undefined || (filter?.status !== undefined && job.status !== event.status)) {
      dueAt = Math.min(dueAt, Math.max(Date.now(), readAt + pauseMs));
      settledAt = Date.now() + settledAfterMs;
    }
  }

  const events = client.watchJobs({ owner, signal });
  // The first call begins the watch; what is read after it is about as recent.
  let next = events.next();
  next.catch(() => undefined);
  for (;;) {
    const waiting = new AbortController();
    const due = dueAt === Infinity ? [] : [after(dueAt - Date.now(), waiting.signal)];
    const turn = await Promise.race([next, ...due]);
    waiting.abort();
    if (turn === 'due') await read();
    else if (turn.done === true) return;
    else {
      take(turn.value);
      next = events.next();
    }
  }
}

function after(ms: number, signal: AbortSignal): Promise<'due'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('due'), Math.max(0, ms));
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
