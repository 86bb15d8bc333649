/** Reads jobs for their owner. Another owner's job gives exactly the same answer as one that does not exist. */
import { JobError } from '../errors.ts';
import { maxIdempotencyKeyLength, type Job } from '../job.ts';
import type { Core } from './core.ts';

/** The caller. */
export interface Caller {
  readonly owner: string;
  /** Sees every owner's jobs. */
  readonly isAdmin?: boolean | undefined;
}

/** The only place that decides who may see, watch, cancel and retry a job. */
export function maySee({ owner, isAdmin = false }: Caller, job: Pick<Job, 'owner'>): boolean {
  return isAdmin || job.owner === owner;
}

/** @throws {JobError} `JOB_NOT_FOUND`. */
export async function getJob({ table }: Pick<Core, 'table'>, { jobId, ...caller }: Caller & { readonly jobId: string }): Promise<Job> {
  const job = mayBeId(jobId) ? await table.get(jobId) : undefined;
  if (job === undefined || !maySee(caller, job)) throw new JobError('JOB_NOT_FOUND');
  return job;
}

/** Ids are ULIDs. The table refuses long keys, and need not be asked for an id that no job can have. */
export function mayBeId(jobId: string): boolean {
  return jobId.length > 0 && jobId.length <= maxJobIdLength;
}

const maxJobIdLength = 64;

/** The job of an idempotency key that is still remembered. */
export async function getJobByIdempotencyKey(
  { table }: Pick<Core, 'table'>,
  { owner, idempotencyKey }: { readonly owner: string; readonly idempotencyKey: string },
): Promise<Job | undefined> {
  // No job has a key that is not allowed.
  if (idempotencyKey.length === 0 || idempotencyKey.length > maxIdempotencyKeyLength) return undefined;
  const lock = await table.readLock(owner, idempotencyKey);
  if (lock === undefined || lock.expiresAt * 1000 <= (await table.time()).low) return undefined;
  return table.get(lock.jobId);
}
