/**
 * Watches all of an owner's jobs, across lost connections and restarts of the server. The server's feed sends what happens from
 * its start on. What happened while there was no connection is read from the histories of the jobs that may have changed.
 */
import type { Connection } from './connection.ts';
import { JobTicketsError } from './errors.ts';
import { eventFields, historyFields, type JobsFilter, type JobStatusEvent } from './job.ts';
import { createJobVersions, type ReadJob } from './jobVersions.ts';
import { readPages } from './listJobs.ts';
import { earlier, later, resumedFeed } from './resumedFeed.ts';

const readFields = `jobId status version createdAt updatedAt ${historyFields}`;

export const watchJobsDocuments = {
  watchJobs: `subscription WatchJobs($filter: JobsFilter, $owner: String) { event: jobStatusChanged(filter: $filter, owner: $owner) { ${eventFields} } }`,
  jobHistories: `query JobHistories($filter: JobsFilter, $owner: String, $first: Int, $after: String) {
    jobs(filter: $filter, owner: $owner, first: $first, after: $after) { edges { node { ${readFields} } } pageInfo { hasNextPage endCursor } }
  }`,
  jobHistory: `query JobHistory($jobId: ID!) { job(jobId: $jobId) { ${readFields} } }`,
};

export interface WatchJobsOptions {
  /** `status` and `errorCode` choose single changes, all other fields choose jobs. Default: all changes. */
  readonly filter?: JobsFilter | undefined;
  /** The owner of the jobs; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const open = ['PENDING', 'PROCESSING'] as const;

/**
 * Each change of each job once and in order, and progress in between. After an interruption one case is not found: a job that
 * had ended before, and was retried and has ended again meanwhile.
 * @throws {JobTicketsError} `FEED_INTERRUPTED` where more jobs are open than it can remember (10,000) and the connection was
 * lost; `FORBIDDEN`, `UNAUTHENTICATED` …; the signal's reason.
 */
export async function* watchJobs(
  connection: Connection,
  { filter, owner, signal }: WatchJobsOptions = {},
): AsyncGenerator<JobStatusEvent, void, void> {
  const { status, errorCode, ...jobs } = filter ?? {};
  // All versions of a job are received, so a missing one is noticed.
  for await (const event of watchAll(connection, { filter: filter === undefined ? undefined : jobs, owner, signal })) {
    const isChosen = status?.includes(event.status) !== false && (errorCode === undefined || errorCode === event.error?.code);
    if (isChosen) yield event;
  }
}

function watchAll(connection: Connection, { filter, owner, signal }: WatchJobsOptions): AsyncGenerator<JobStatusEvent, void, void> {
  const versions = createJobVersions();
  /** The time of the last event. */
  let heardAt = '';
  /** Jobs created at or before this time are older than the watch, and changes before it are not delivered. */
  let floor = '';
  /** While the connection was lost: the time of the last event that was delivered, for the jobs that are read. */
  const recoveredAt = new Map<string, string>();
  const { watchJobs: query } = watchJobsDocuments;
  return resumedFeed<JobStatusEvent>(connection, { query, variables: { filter, owner }, begin, missed, told }, signal);

  /** The present state of the jobs: nothing from before is delivered. */
  async function begin(): Promise<void> {
    for await (const { jobs, endCursor } of pages(undefined)) {
      for (const job of jobs) begunWith(job);
      floor = endCursor === null ? '' : (jobs.at(-1)?.createdAt ?? '');
      break;
    }
    for await (const job of openJobs()) begunWith(job);
  }

  function begunWith(job: ReadJob): void {
    heard(job.updatedAt);
    versions.note(job);
  }

  function heard(at: string): void {
    if (at > heardAt) heardAt = at;
  }

  async function* missed(): AsyncGenerator<JobStatusEvent, void, void> {
    if (!versions.isComplete()) {
      throw new JobTicketsError('FEED_INTERRUPTED', 'So many jobs are open that it cannot be told which have changed.');
    }
    const since = heardAt;
    const horizon = later(floor, earlier(heardAt));
    recoveredAt.clear();
    const unread = new Set(versions.open());
    for await (const job of openJobs()) {
      unread.delete(job.jobId);
      yield* recovered(job, since);
    }
    for (const job of await createdSince(horizon)) {
      unread.delete(job.jobId);
      // Where the job is not known, it is new: all of it is delivered.
      yield* recovered(job, '');
    }
    for (const jobId of unread) {
      const job = await read(jobId);
      if (job === undefined) versions.forget(jobId);
      else yield* recovered(job, since);
    }
  }

  function* recovered(job: ReadJob, since: string): Generator<JobStatusEvent, void, void> {
    heard(job.updatedAt);
    const missed = versions.missedOf(job, since);
    const last = missed.at(-1);
    if (last !== undefined) recoveredAt.set(job.jobId, last.at);
    yield* missed;
  }

  async function* told(event: JobStatusEvent): AsyncGenerator<JobStatusEvent, void, void> {
    const { jobId, version, at } = event;
    const known = versions.get(jobId);
    if (known !== undefined && version < known) return;
    // For a version that was read meanwhile: progress came later.
    if (version === known && at <= (recoveredAt.get(jobId) ?? '')) return;
    if (known !== undefined && version > known + 1) {
      const job = await read(jobId);
      if (job !== undefined) yield* recovered(job, heardAt);
      if ((versions.get(jobId) ?? 0) >= version) return;
    }
    versions.note(event);
    heard(at);
    yield event;
  }

  async function createdSince(time: string): Promise<readonly ReadJob[]> {
    const jobs: ReadJob[] = [];
    for await (const page of pages(undefined)) {
      const recent = page.jobs.filter(({ createdAt }) => createdAt > time);
      jobs.push(...recent);
      if (recent.length < page.jobs.length) break;
    }
    return jobs;
  }

  async function* openJobs(): AsyncGenerator<ReadJob, void, void> {
    for await (const page of pages(open)) yield* page.jobs;
  }

  function pages(status: typeof open | undefined) {
    return readPages<ReadJob>(connection, watchJobsDocuments.jobHistories, { filter: { ...filter, status }, owner, pageSize: 100, signal });
  }

  async function read(jobId: string): Promise<ReadJob | undefined> {
    try {
      const operation = { query: watchJobsDocuments.jobHistory, variables: { jobId } };
      return (await connection.request<{ job: ReadJob }>(operation, { signal })).job;
    } catch (error) {
      if (error instanceof JobTicketsError && error.code === 'JOB_NOT_FOUND') return undefined;
      throw error;
    }
  }
}
