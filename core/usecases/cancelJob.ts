/** Cancels a job: a waiting job at once, a running one by a request to its worker. */
import type { ServiceTime } from '../clock.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import { isAbandoned } from '../verdict.ts';
import { transitionJob, type TransitionDeps } from './transitionJob.ts';
import type { Core } from './core.ts';
import type { LookDeps } from './lookAt.ts';
import { tellJob } from './tell.ts';
import { getJob, type Caller } from './readJob.ts';

/**
 * Returns the job as it then is: CANCELLED, or PROCESSING with `cancelRequested`, until its worker's next heartbeat. A second
 * call changes nothing.
 * @throws {JobError} `JOB_NOT_FOUND`; `JOB_NOT_CANCELLABLE` when it has ended.
 */
export async function cancelJob(core: Core, request: Caller & { readonly jobId: string }): Promise<Job> {
  let job = await getJob(core, request);
  for (;;) {
    if (isFinal(job.status))
      throw new JobError('JOB_NOT_CANCELLABLE', { message: `The job has already ended ${job.status}.`, jobId: job.jobId });
    const now = await core.table.time();
    const step = await cancelStep(core, job, now, 'requestCancel');
    if (step.ok && (step.job.status === 'CANCELLED' || !isAbandoned(step.job, now))) return tellJob(core, step.job);
    // Another process was faster: look at what the job has become.
    if (step.job === undefined) throw new JobError('JOB_NOT_FOUND');
    job = step.job;
  }
}

/** Cancels only this generation, whatever it does meanwhile: true when it is cancelled, or its worker was asked. */
export async function cancelGeneration(core: LookDeps, seen: Job): Promise<boolean> {
  let job = seen;
  for (;;) {
    if (isFinal(job.status) || job.generation !== seen.generation) return false;
    const now = await core.table.time();
    const step = await cancelStep(core, job, now, 'requestCancelSeen');
    if (step.ok && (step.job.status === 'CANCELLED' || !isAbandoned(step.job, now))) {
      await tellJob(core, step.job);
      return true;
    }
    if (step.job === undefined) return false;
    job = step.job;
  }
}

function cancelStep(core: TransitionDeps, job: Job, now: ServiceTime, request: 'requestCancel' | 'requestCancelSeen') {
  if (job.status === 'PENDING') return transitionJob(core, 'cancel', job, { facts: { now } });
  if (isAbandoned(job, now)) return transitionJob(core, 'cancelAbandoned', job, { facts: { now } });
  return core.table.touch(request, job.jobId, { version: job.version }, { cancelRequested: true });
}
