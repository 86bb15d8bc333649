/** Applies an event to a job that is known. */
import { isFinal, type JobHistoryEntry, type JobStatusEvent, type JobSummary } from './job.ts';

type Changing = Pick<
  JobSummary,
  | 'version'
  | 'status'
  | 'updatedAt'
  | 'attempts'
  | 'error'
  | 'progress'
  | 'generation'
  | 'startedAt'
  | 'finishedAt'
  | 'waitingReason'
  | 'waitingUntil'
> & { readonly history?: readonly JobHistoryEntry[] };

/** The job after the event; unchanged where the event is older. Its result, once it has one, has to be read. */
export function applyEvent<Known extends Changing>(job: Known, event: JobStatusEvent): Known {
  if (event.version < job.version) return job;
  const { version, status, at, attempt, error, progress } = event;
  if (version === job.version) return { ...job, updatedAt: at, attempts: attempt, error, progress: progress ?? job.progress };
  const isNewGeneration = status === 'PENDING' && isFinal(job.status);
  const isNext = job.history !== undefined && version === job.version + 1;
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
    waitingReason: null,
    waitingUntil: null,
    ...(isNext ? { history: [...(job.history ?? []), { version, status, at, attempt, error }] } : {}),
  };
}
