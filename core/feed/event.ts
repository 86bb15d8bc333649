/** What the feed carries: a hint that a job changed. The table stays the truth. */
import { z } from 'zod';
import { jobStatuses, type Job } from '../job.ts';
import { decodeJson } from '../json.ts';

/** The limits of GraphQL's Int and of a Date: an event beyond them could not be sent to clients. */
const count = z.int().max(2 ** 31 - 1);
const time = z.number().min(0).max(8.64e15);
const name = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => text.isWellFormed());

const failure = z.object({ code: z.string(), message: z.string(), attempt: count.min(0), at: time });

const jobEvent = z.object({
  jobId: name,
  owner: name,
  version: count.positive(),
  status: z.enum(jobStatuses),
  previousStatus: z.enum(jobStatuses).optional(),
  attempt: count.min(0),
  at: time,
  error: failure.optional(),
  progress: z.number().min(0).max(100).optional(),
  /**
   * The data beside the record (a job's log, a bulk operation) is written up to here. A hint for its readers; for all others
   * nothing is new.
   */
  logged: count.optional(),
});

/**
 * One transition; or, where `version` was seen before, an update that has no version of its own: progress, a failed attempt.
 * `at` is in milliseconds since the epoch.
 */
export type JobEvent = Readonly<z.infer<typeof jobEvent>>;

/** Far more than any event takes. */
const maxLength = 65_536;

/** `undefined` for anything that is not an event: everything that can reach Redis can write to the channel. */
export function decodeEvent(text: string): JobEvent | undefined {
  return text.length > maxLength ? undefined : decodeJson(jobEvent, text);
}

/** The job's transitions as events, oldest first, as far back as its history goes. */
export function eventsOf(job: Job): readonly JobEvent[] {
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
export function presentEventOf(job: Job): JobEvent {
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
