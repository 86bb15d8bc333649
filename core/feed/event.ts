/** What the feed carries: a hint that a job changed. The table stays the truth. */
import { jobStatuses, type Job, type JobFailure, type JobStatus } from '../job.ts';

/**
 * One transition; or, where `version` was seen before, an update that has no version of its own: progress, a failed attempt.
 * `at` is in milliseconds since the epoch.
 */
export interface JobEvent {
  readonly jobId: string;
  readonly owner: string;
  readonly version: number;
  readonly status: JobStatus;
  readonly previousStatus?: JobStatus | undefined;
  readonly attempt: number;
  readonly at: number;
  readonly error?: JobFailure | undefined;
  readonly progress?: number | undefined;
  /**
   * The data beside the record (a job's log, a bulk operation) is written up to here. A hint for its readers; for all others
   * nothing is new.
   */
  readonly logged?: number | undefined;
  /** Present where a workflow changed, not a job: `jobId` is then the workflow's id. */
  readonly of?: 'workflow' | undefined;
}

/** Far more than any event takes. */
const maxLength = 65_536;

/**
 * `undefined` for anything that is not an event: everything that can reach Redis can write to the channel. Checked by hand,
 * since this runs for every event. All events have the same shape, also where fields are missing, which is faster to read.
 */
export function decodeEvent(text: string): JobEvent | undefined {
  if (text.length > maxLength) return undefined;
  const { jobId, owner, version, status: now, previousStatus: before, attempt, at, error: given, progress, logged, of } = fieldsOf(text);
  const status = statuses.get(now);
  const previousStatus = statuses.get(before);
  const error = failureOf(given);
  if (!isName(jobId) || !isName(owner) || !isCount(version) || version === 0 || !isCount(attempt) || !isTime(at)) return undefined;
  if (status === undefined || (before !== undefined && previousStatus === undefined)) return undefined;
  if (!(progress === undefined || isPercent(progress)) || !(logged === undefined || isCount(logged))) return undefined;
  if (!(of === undefined || of === 'workflow') || (given !== undefined && error === undefined)) return undefined;
  return { jobId, owner, version, status, previousStatus, attempt, at, error, progress, logged, of };
}

type Fields = Partial<Record<keyof JobEvent | keyof JobFailure, unknown>>;

function fieldsOf(text: string): Fields {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : {};
  } catch {
    return {};
  }
}

function failureOf(given: unknown): JobFailure | undefined {
  if (!isObject(given)) return undefined;
  const { code, message, attempt, at } = given;
  return typeof code === 'string' && typeof message === 'string' && isCount(attempt) && isTime(at)
    ? { code, message, attempt, at }
    : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255 && value.isWellFormed();
}

/** The limits of GraphQL's Int and of a Date: an event beyond them could not be sent to clients. */
const maxCount = 2 ** 31 - 1;
const maxTime = 8.64e15;

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && isBetween(value, 0, maxCount);
}

const isTime = (value: unknown): value is number => isBetween(value, 0, maxTime);
const isPercent = (value: unknown): value is number => isBetween(value, 0, 100);

function isBetween(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

/** By their text: events are kept, and hold these strings instead of one each. */
const statuses: ReadonlyMap<unknown, JobStatus> = new Map(jobStatuses.map((status) => [status, status]));

/** The fields of a record from which events are made. */
export type ToldJob = Pick<Job, 'jobId' | 'owner' | 'version' | 'status' | 'attempts' | 'history' | 'updatedAt' | 'error' | 'progress'> &
  JobFacts;

/** The fields of a job that never change. */
export type JobFacts = Pick<Job, 'type' | 'tags' | 'idempotencyKey'>;

/** The job's transitions as events, oldest first, as far back as its history goes. */
export function eventsOf(job: Pick<ToldJob, 'jobId' | 'owner' | 'history'>): readonly JobEvent[] {
  return job.history.map((entry, index) => ({
    jobId: job.jobId,
    owner: job.owner,
    version: entry.version,
    status: entry.status,
    previousStatus: job.history[index - 1]?.status,
    attempt: entry.attempt,
    at: entry.at,
    error: entry.error,
  }));
}

/**
 * The job's last transition, as its writer and the relay publish it. Without the progress of a job that is being worked on:
 * when it was claimed, the progress was that of the attempt before.
 */
export function latestEventOf(job: Job): JobEvent {
  return { ...presentEventOf(job), progress: job.status === 'PROCESSING' ? undefined : job.progress };
}

/** The present state of the job: the event of its last transition plus all updates since. */
export function presentEventOf(job: Omit<ToldJob, keyof JobFacts>): JobEvent {
  return {
    jobId: job.jobId,
    owner: job.owner,
    version: job.version,
    status: job.status,
    previousStatus: job.history.at(-2)?.status,
    attempt: job.attempts,
    at: job.updatedAt,
    error: job.error,
    progress: job.progress,
  };
}
