/** Cancels a job: a waiting one at once, a running one by asking its worker. */
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import { allows, transitionOf } from '../transitions.ts';
import { advance } from './advance.ts';
import type { Core } from './core.ts';
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
    const step = await cancelStep(core, job);
    if (step.ok && (step.job.status === 'CANCELLED' || !isAbandoned(step.job, core.clock.now()))) return step.job;
    // Something else was faster: look at what the job has become.
    if (step.job === undefined) throw new JobError('JOB_NOT_FOUND');
    job = step.job;
  }
}

function cancelStep(core: Core, job: Job) {
  const now = core.clock.now();
  if (job.status === 'PENDING') return advance(core, 'cancel', job, { facts: { now } });
  if (isAbandoned(job, now)) return advance(core, 'cancelAbandoned', job, { facts: { now } });
  return core.table.touch('requestCancel', job.jobId, {}, { cancelRequested: true });
}

/** Asked to stop, but its worker is gone: nobody will see the request. */
function isAbandoned(job: Job, now: number): boolean {
  return allows(transitionOf('cancelAbandoned'), job, { now, version: job.version });
}
