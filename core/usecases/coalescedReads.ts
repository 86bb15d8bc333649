/** Reads of single jobs, coalesced, as when a thousand watched jobs are read again. */
import type { Log } from '../../telemetry/log.ts';
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { coalesce, type Pace, type ReadOne } from './coalesce.ts';
import type { Core } from './core.ts';

/** Strongly consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export type ReadJob = ReadOne<Job>;

export function createCoalescedReads(table: Pick<Core['table'], 'get' | 'getMany'>, pace?: Pace): ReadJob {
  return coalesce(async (jobIds) => {
    const [jobId, ...more] = jobIds;
    return jobId !== undefined && more.length === 0 ? [await table.get(jobId)] : table.getMany(jobIds);
  }, pace);
}

/** Logs once that the table is away, and once that it is back, however many jobs are watched. */
export function readLoggingOutages(read: ReadJob, log: Log): ReadJob {
  let isAway = false;
  return async (jobId) => {
    try {
      const job = await read(jobId);
      if (isAway) log.info('watched jobs can be read again');
      isAway = false;
      return job;
    } catch (error) {
      const isOutage = error instanceof JobError;
      if (!isOutage) log.warn({ error, jobId }, 'a watched job could not be read');
      else if (!isAway) log.warn({ error }, 'the table does not answer; watched jobs are read when it does');
      isAway ||= isOutage;
      throw error;
    }
  };
}
