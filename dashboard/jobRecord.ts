/** A job as the page knows it. */
import { isFinal } from '../client/job.ts';
import type { ListedJob } from './documents.ts';

/** Whether `retryJob` will accept it, as far as the page can know: only the server knows whether a worker still has it. */
export function isRetryable(job: ListedJob, { now, stuckAfterMs }: { readonly now: number; readonly stuckAfterMs: number }): boolean {
  return isFinal(job.status) ? job.status !== 'SUCCEEDED' : now - Date.parse(job.updatedAt) > stuckAfterMs;
}

/** The random end of a ULID tells jobs apart; its beginning is the time. */
export function shortId(jobId: string): string {
  return jobId.length > 12 ? `…${jobId.slice(-6)}` : jobId;
}

/** `1 job`, `1,200 jobs`. */
export function countOf(jobs: number): string {
  return jobs === 1 ? '1 job' : `${jobs.toLocaleString()} jobs`;
}
