/** The jobs that this page knows, each as recent as anything that was read or received about it. */
import { isFinal, type JobStatusEvent } from '../client/job.ts';
import type { Filter, ListedJob } from './documents.ts';
import { applyEvent } from '../client/applyEvent.ts';

export interface KnownJobs {
  get(jobId: string): ListedJob | undefined;
  /** A job that was read; if it is older than what is known, it changes nothing. */
  take(job: ListedJob): void;
  /** An event. Kept for later where the job itself has not been read yet. */
  apply(event: JobStatusEvent): void;
  /** The open jobs. */
  open(): readonly ListedJob[];
  /** Drops the oldest ended jobs beyond a limit, unless they are shown. */
  forget(shown: readonly string[]): void;
}

const maxKnown = 1000;
const maxEarly = 1000;

export function createKnownJobs(): KnownJobs {
  const jobs = new Map<string, ListedJob>();
  const early = new Map<string, JobStatusEvent>();

  return {
    get: (jobId) => jobs.get(jobId),
    take(job) {
      const { jobId } = job;
      const last = jobs.get(jobId);
      const newest = last === undefined || job.version >= last.version ? job : last;
      const told = early.get(jobId);
      early.delete(jobId);
      jobs.set(jobId, told === undefined ? newest : applyEvent(newest, told));
    },
    apply(event) {
      const job = jobs.get(event.jobId);
      if (job !== undefined) jobs.set(event.jobId, applyEvent(job, event));
      else if (early.size < maxEarly) early.set(event.jobId, event);
    },
    open: () => [...jobs.values()].filter(({ status }) => !isFinal(status)),
    forget(shown) {
      for (const [jobId, { status }] of jobs) {
        if (jobs.size <= maxKnown) return;
        if (isFinal(status) && !shown.includes(jobId)) jobs.delete(jobId);
      }
    },
  };
}

/** Whether the job matches the filter. False where only the API can decide. */
export function matches({ status, type, tags, createdAt }: ListedJob, filter: Filter): boolean {
  const { createdAfter, createdBefore } = filter;
  const at = Date.parse(createdAt);
  return (
    (filter.status?.includes(status) ?? true) &&
    (filter.type?.includes(type) ?? true) &&
    (filter.tags?.every((tag) => tags.includes(tag)) ?? true) &&
    (createdAfter === undefined || at >= Date.parse(createdAfter)) &&
    (createdBefore === undefined || at < Date.parse(createdBefore)) &&
    filter.errorFingerprint === undefined
  );
}
