/** Reads of single jobs, coalesced, as when a thousand watched jobs are read again. */
import type { Job } from '../job.ts';
import { coalesce, type ReadOne } from './coalesce.ts';
import type { Core } from './core.ts';

/** Strongly consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export type ReadJob = ReadOne<Job>;

export function createCoalescedReads(table: Pick<Core['table'], 'get' | 'getMany'>): ReadJob {
  return coalesce(async (jobIds) => {
    const [jobId, ...more] = jobIds;
    return jobId !== undefined && more.length === 0 ? [await table.get(jobId)] : table.getMany(jobIds);
  });
}
