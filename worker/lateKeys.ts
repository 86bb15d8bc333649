/** Keys of limits that are made of results of other jobs: found by the worker that comes to claim the job, which knows its type. */
import { z } from 'zod';
import type { Job } from '../core/job.ts';
import { limitKeysOf } from '../core/typeLimits.ts';
import type { WorkerParts } from './parts.ts';

/** Answers the job as it then is. Params that do not fit have no key: their run ends the job. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function withKeys({ core: { table }, handlers }: WorkerParts, job: Job): Promise<Job | undefined> {
  const { jobId, owner, params, writeId } = job;
  const value = params.kind === 'inline' ? params.value : (await table.readPayloads([params.key]))[0];
  const type = handlers.get(job.type)?.type;
  const parsed = type === undefined ? undefined : z.safeParse(type.params, value);
  const keys = type !== undefined && parsed?.success === true ? limitKeysOf(type, parsed.data, owner) : {};
  return (await table.touch('nameKeys', jobId, { writeId }, { hasLateKeys: null, ...keys })).job;
}
