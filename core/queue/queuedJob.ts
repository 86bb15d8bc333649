/** What there is to know of a job to send its message. */
import type { Job } from '../job.ts';

export const queuedFields = ['owner', 'type', 'priority', 'version', 'generation', 'attempts', 'dueAt', 'traceId', 'createdAt'] as const;

/** `dueAt` is absent, or `null` where it was read without the record. */
export type QueuedJob = Omit<Pick<Job, 'jobId' | (typeof queuedFields)[number]>, 'dueAt'> & { readonly dueAt?: number | null | undefined };
