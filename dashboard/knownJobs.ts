/** The jobs this page has heard of, each as new as anything that was read or told of it. */
import { isFinal, type JobStatusEvent } from '../client/job.ts';
import type { Filter, ListedJob } from './documents.ts';
import { applyEvent } from '../client/applyEvent.ts';

export interface KnownJobs {
  get(jobId: string): ListedJob | undefined;
  /** What was read; older than what is known, it changes nothing. */
  take(job: ListedJob): void;
  /** What was told. Kept for later where the job itself has not been read yet. */
  apply(event: JobStatusEvent): void;
  /** Those under way. */
  open(): readonly ListedJob[];
  /** The oldest that have ended, beyond a bound, unless they are shown. */
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

/** Whether it belongs to what the filter asks for. Of what the API alone can tell, false. */
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
