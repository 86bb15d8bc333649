/** Reads jobs for their owner. Another owner's job is answered exactly like one that does not exist. */
import { JobError } from '../errors.ts';
import { maxIdempotencyKeyLength, type Job } from '../job.ts';
import type { Core } from './core.ts';

/** Who asks for a job. */
export interface Caller {
  readonly owner: string;
  /** Sees every owner's jobs. */
  readonly isAdmin?: boolean | undefined;
}

/** The one place that says who may see, watch, cancel and retry a job. */
export function maySee({ owner, isAdmin = false }: Caller, job: Pick<Job, 'owner'>): boolean {
  return isAdmin || job.owner === owner;
}

/** @throws {JobError} `JOB_NOT_FOUND`. */
export async function getJob({ table }: Pick<Core, 'table'>, { jobId, ...caller }: Caller & { readonly jobId: string }): Promise<Job> {
  const job = mayBeId(jobId) ? await table.get(jobId) : undefined;
  if (job === undefined || !maySee(caller, job)) throw new JobError('JOB_NOT_FOUND');
  return job;
}

/** Ours are ULIDs. A table takes no key without end, and need not be asked for what none of its jobs is called. */
export function mayBeId(jobId: string): boolean {
  return jobId.length > 0 && jobId.length <= maxJobIdLength;
}

const maxJobIdLength = 64;

/** The job of a key that is still remembered. */
export async function getJobByIdempotencyKey(
  { table }: Pick<Core, 'table'>,
  { owner, idempotencyKey }: { readonly owner: string; readonly idempotencyKey: string },
): Promise<Job | undefined> {
  // Nor is there a job of a key that none may have.
  if (idempotencyKey.length === 0 || idempotencyKey.length > maxIdempotencyKeyLength) return undefined;
  const lock = await table.readLock(owner, idempotencyKey);
  if (lock === undefined || lock.expiresAt * 1000 <= (await table.time()).low) return undefined;
  return table.get(lock.jobId);
}
