/** Keeps the record of an ended job, and its result, longer: as long as they may still be read. */
import { isFinal, type Job } from '../job.ts';
import { needsRenewal, payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';

/** `at`: milliseconds since the epoch. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepRecord({ table, settings }: Pick<Core, 'table' | 'settings'>, job: Job, at: number): Promise<void> {
  const { jobId, status, writeId, expiresAt, result } = job;
  if (!isFinal(status) || expiresAt === undefined || !needsRenewal(expiresAt, at, settings.jobTtlDays)) return;
  const kept = result?.kind === 'apart' ? { result: await table.renewPayload(result, at) } : {};
  await table.touch('keepRecord', jobId, { writeId }, { expiresAt: payloadExpiry(at, settings.jobTtlDays), ...kept });
}
