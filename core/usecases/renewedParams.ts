/** Keeps the params of an open job, where they are stored apart, from expiring before its record. */
import type { ApartPayload, Job } from '../job.ts';
import type { Core } from './core.ts';

/**
 * The fields to write to the record; none for most jobs, whose params are in the record or do not expire soon. @throws
 * {JobError} `TABLE_UNAVAILABLE`.
 */
export async function renewedParams(
  { table }: Pick<Core, 'table'>,
  { params }: Pick<Job, 'params'>,
  now: number,
): Promise<{ readonly params?: ApartPayload }> {
  if (params.kind === 'inline') return {};
  const renewed = await table.renewPayload(params, now);
  return renewed.expiresAt === params.expiresAt ? {} : { params: renewed };
}
