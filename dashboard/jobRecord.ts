/** A job as the page knows it, and what an event makes of it. */
import { isFinal, type JobStatusEvent } from '../client/job.ts';
import type { ListedJob } from './documents.ts';

/** The job after the event, or as it was where the event is older. */
export function applyEvent<Known extends ListedJob>(job: Known, event: JobStatusEvent): Known {
  if (event.version < job.version) return job;
  const { version, status, at, attempt, error, progress } = event;
  if (version === job.version) return { ...job, updatedAt: at, attempts: attempt, error, progress: progress ?? job.progress };
  const isNewGeneration = status === 'PENDING' && isFinal(job.status);
  return {
    ...job,
    version,
    status,
    updatedAt: at,
    attempts: attempt,
    error,
    progress: isNewGeneration ? null : (progress ?? (status === 'SUCCEEDED' ? job.progress : null)),
    generation: job.generation + (isNewGeneration ? 1 : 0),
    startedAt: isNewGeneration ? null : (job.startedAt ?? (status === 'PROCESSING' ? at : null)),
    finishedAt: isFinal(status) ? at : null,
    history: version === job.version + 1 ? [...job.history, { version, status, at, attempt, error }] : job.history,
  };
}

/** Whether `retryJob` will take it, as far as the page can know: whether a worker still holds it is the server's to say. */
export function isRetryable(job: ListedJob, { now, stuckAfterMs }: { readonly now: number; readonly stuckAfterMs: number }): boolean {
  return isFinal(job.status) ? job.status !== 'SUCCEEDED' : now - Date.parse(job.updatedAt) > stuckAfterMs;
}

/** The random end of a ULID tells jobs apart; its beginning is the time. */
export function shortId(jobId: string): string {
  return jobId.length > 12 ? `…${jobId.slice(-6)}` : jobId;
}

export function count(jobs: number): string {
  return jobs === 1 ? '1 job' : `${jobs} jobs`;
}
