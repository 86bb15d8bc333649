/** Sees to it that the params of an open job, where they are kept apart, do not end before its record. */
import type { ApartPayload, Job } from '../job.ts';
import type { Core } from './core.ts';

/** What to write to the record; nothing for most, whose params stand in the record or have long to live. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function renewedParams(
  { table }: Pick<Core, 'table'>,
  { params }: Pick<Job, 'params'>,
  now: number,
): Promise<{ readonly params?: ApartPayload }> {
  if (params.kind === 'inline') return {};
  const renewed = await table.renewPayload(params, now);
  return renewed.expiresAt === params.expiresAt ? {} : { params: renewed };
}
