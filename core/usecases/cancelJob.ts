/** Cancels a job: a waiting one at once, a running one by asking its worker. */
import type { ServiceTime } from '../clock.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import { verdictOn } from '../verdict.ts';
import { transitionJob } from './transitionJob.ts';
import type { Core } from './core.ts';
import { tellJob } from './tell.ts';
import { getJob, type Caller } from './readJob.ts';

/**
 * Answers the job as it then is: CANCELLED, or PROCESSING with `cancelRequested`, until its worker's next heartbeat.
 * Asking twice changes nothing.
 * @throws {JobError} `JOB_NOT_FOUND`; `JOB_NOT_CANCELLABLE` when it has ended.
 */
export async function cancelJob(core: Core, request: Caller & { readonly jobId: string }): Promise<Job> {
  let job = await getJob(core, request);
  for (;;) {
    if (isFinal(job.status))
      throw new JobError('JOB_NOT_CANCELLABLE', { message: `The job has already ended ${job.status}.`, jobId: job.jobId });
    const now = await core.table.time();
    const step = await cancelStep(core, job, now);
    if (step.ok && (step.job.status === 'CANCELLED' || !isAbandoned(step.job, now))) return tellJob(core, step.job);
    // Something else was faster: look at what the job has become.
    if (step.job === undefined) throw new JobError('JOB_NOT_FOUND');
    job = step.job;
  }
}

function cancelStep(core: Core, job: Job, now: ServiceTime) {
  if (job.status === 'PENDING') return transitionJob(core, 'cancel', job, { facts: { now } });
  if (isAbandoned(job, now)) return transitionJob(core, 'cancelAbandoned', job, { facts: { now } });
  return core.table.touch('requestCancel', job.jobId, {}, { cancelRequested: true });
}

/** Asked to stop, but its worker is gone: nobody will see the request. */
function isAbandoned(job: Job, now: ServiceTime): boolean {
  const verdict = verdictOn(job, now);
  return verdict.kind === 'end' && verdict.event === 'cancelAbandoned';
}
