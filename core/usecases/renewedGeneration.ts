/** The fields with which every new generation of a job begins. */
import { maxLosses, type Job } from '../job.ts';
import type { Changes } from '../table/jobTable.ts';
import type { Core } from './core.ts';
import { renewedParams } from './renewedParams.ts';

/** `now`: milliseconds since the epoch. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function renewedGeneration(core: Pick<Core, 'table'>, job: Job, now: number): Promise<Changes> {
  return {
    ...(await renewedParams(core, job, now)),
    generation: job.generation + 1,
    attempts: 0,
    failures: 0,
    losses: 0,
    maxLosses,
    dueAt: null,
    suspended: null,
    cancelRequested: false,
    progress: null,
    result: null,
    error: null,
    startedAt: null,
    finishedAt: null,
    sweeps: 0,
    sweptAt: null,
  };
}
