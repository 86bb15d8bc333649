/** Wakes a page of jobs that an index shows as parked, each by what its record says. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Core } from './core.ts';
import { readEach } from './readEach.ts';
import { wakeJob } from './wake.ts';

export interface Woken {
  readonly woken: number;
  /** Could not be read, or sent: an open job is swept, a parked one is found again. */
  readonly failed: number;
}

/** `isOver`: whether the wait of this job is over. A failure must not affect the others. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function wakeEach(
  core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>,
  page: readonly Pick<Job, 'jobId'>[],
  isOver: (job: Job) => boolean,
): Promise<Woken> {
  const { jobs, unreadable } = await readEach(core, page);
  const results = await Promise.all(
    jobs.filter(isOver).map(async (job): Promise<'woken' | 'left' | 'failed'> => {
      try {
        return (await wakeJob(core, job)) ? 'woken' : 'left';
      } catch (error) {
        if (error instanceof JobError && error.code === 'TABLE_UNAVAILABLE') throw error;
        core.log.warn({ error, jobId: job.jobId }, 'a job whose wait is over could not be sent');
        return 'failed';
      }
    }),
  );
  const count = (wanted: string): number => results.filter((result) => result === wanted).length;
  return { woken: count('woken'), failed: count('failed') + unreadable };
}
