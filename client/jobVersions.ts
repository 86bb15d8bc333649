/** What a watch of many jobs has delivered: each job's last version, and which versions of a job that is read again are new. */
import { isFinal, type JobHistoryEntry, type JobStatus, type JobStatusEvent } from './job.ts';

/** A job as it is read for this. */
export interface ReadJob {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly history: readonly JobHistoryEntry[];
}

export interface JobVersions {
  /** False: too many are open for all of them to be known. */
  isComplete(): boolean;
  /** The last version that was delivered. */
  get(jobId: string): number | undefined;
  note(job: { readonly jobId: string; readonly version: number; readonly status: JobStatus }): void;
  forget(jobId: string): void;
  /** The jobs that had not ended by their last event. */
  open(): readonly string[];
  /** The versions of it that were not delivered; of an unknown job, those after `since`. Records that they are delivered now. */
  missedOf(job: ReadJob, since: string): readonly JobStatusEvent[];
}

const maxOpen = 10_000;
/** Of those that have ended, the oldest are dropped. */
const maxEnded = 10_000;

export function createJobVersions(): JobVersions {
  const open = new Map<string, number>();
  const ended = new Map<string, number>();
  let isComplete = true;

  function note({ jobId, version, status }: Parameters<JobVersions['note']>[0]): void {
    open.delete(jobId);
    ended.delete(jobId);
    if (isFinal(status)) ended.set(jobId, version);
    else if (open.size < maxOpen) open.set(jobId, version);
    else isComplete = false;
    const [oldest] = ended.keys();
    if (ended.size > maxEnded && oldest !== undefined) ended.delete(oldest);
  }

  function get(jobId: string): number | undefined {
    return open.get(jobId) ?? ended.get(jobId);
  }

  return {
    isComplete: () => isComplete,
    get,
    note,
    forget: (jobId) => void open.delete(jobId),
    open: () => [...open.keys()],
    missedOf(job, since) {
      const told = get(job.jobId);
      if (told !== undefined && told >= job.version) return [];
      note(job);
      const missed = job.history.filter(({ version, at }) => (told === undefined ? at > since : version > told));
      return missed.map((entry, index) => ({
        jobId: job.jobId,
        version: entry.version,
        status: entry.status,
        previousStatus: job.history.find(({ version }) => version === entry.version - 1)?.status ?? null,
        attempt: entry.attempt,
        at: entry.at,
        error: entry.error,
        progress: null,
        recovered: index > 0 || told === undefined || entry.version === told + 1,
      }));
    },
  };
}
