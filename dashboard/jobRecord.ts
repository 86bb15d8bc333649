/** A job as the page knows it, and what an event makes of it. */
import { isFinal, type JobStatusEvent } from '../client/job.ts';
import type { ListedJob } from './documents.ts';

/** The job after the event, or as it was where the event is older. */
export function applyEvent<Known extends ListedJob>(job: Known, event: JobStatusEvent): Known {
  if (event.version < job.version) return job;
  const { version, status, at, attempt, error, progress } = event;
  if (version === job.version) return { ...job, attempts: attempt, error, progress: progress ?? job.progress };
  const isNewGeneration = status === 'PENDING' && isFinal(job.status);
  return {
    ...job,
    version,
    status,
    attempts: attempt,
    error,
    progress: isNewGeneration ? null : (progress ?? (status === 'SUCCEEDED' ? job.progress : null)),
    generation: job.generation + (isNewGeneration ? 1 : 0),
    startedAt: isNewGeneration ? null : (job.startedAt ?? (status === 'PROCESSING' ? at : null)),
    finishedAt: isFinal(status) ? at : null,
    history: version === job.version + 1 ? [...job.history, { version, status, at, attempt, error }] : job.history,
  };
}

/** Whether `retryJob` will take it; one that is stuck is the server's to know. */
export function isRetryable({ status }: ListedJob): boolean {
  return isFinal(status) && status !== 'SUCCEEDED';
}

/** The random end of a ULID tells jobs apart; its beginning is the time. */
export function shortId(jobId: string): string {
  return jobId.length > 12 ? `…${jobId.slice(-6)}` : jobId;
}
