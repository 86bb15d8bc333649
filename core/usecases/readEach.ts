/** Reads the jobs on a page of an index, each independently. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Core } from './core.ts';

export interface Read {
  readonly jobs: readonly Job[];
  readonly unreadable: number;
  /** Their ids. */
  readonly damaged: readonly string[];
}

/** A job that cannot be read must not affect the others. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readEach({ table, log }: Pick<Core, 'table' | 'log'>, page: readonly Pick<Job, 'jobId'>[]): Promise<Read> {
  const jobIds = page.map(({ jobId }) => jobId);
  if (jobIds.length === 0) return { jobs: [], unreadable: 0, damaged: [] };
  try {
    return { jobs: (await table.getMany(jobIds)).filter((job) => job !== undefined), unreadable: 0, damaged: [] };
  } catch (error) {
    if (error instanceof JobError) throw error;
  }
  const jobs: Job[] = [];
  const damaged: string[] = [];
  for (const jobId of jobIds) {
    try {
      const job = await table.get(jobId);
      if (job !== undefined) jobs.push(job);
    } catch (error) {
      if (error instanceof JobError) throw error;
      damaged.push(jobId);
      log.error({ error, jobId }, 'the record of a job cannot be read; it is skipped');
    }
  }
  return { jobs, unreadable: damaged.length, damaged };
}
