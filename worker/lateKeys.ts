/** Keys for limits that depend on results of other jobs: computed by the worker before it claims the job, since it knows the type. */
import { z } from 'zod';
import type { Job } from '../core/job.ts';
import { limitKeysOf } from '../core/typeLimits.ts';
import type { WorkerParts } from './parts.ts';

/** Returns the job as it is afterwards. Params that do not fit the type give no key: the run ends the job. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function withKeys({ core: { table }, handlers }: WorkerParts, job: Job): Promise<Job | undefined> {
  const { jobId, owner, params, writeId } = job;
  const value = params.kind === 'inline' ? params.value : (await table.readPayloads([params.key]))[0];
  const type = handlers.get(job.type)?.type;
  const parsed = type === undefined ? undefined : z.safeParse(type.params, value);
  const keys = type !== undefined && parsed?.success === true ? limitKeysOf(type, parsed.data, owner) : {};
  return (await table.touch('nameKeys', jobId, { writeId }, { hasLateKeys: null, ...keys })).job;
}
