/** Changes the start of a waiting job. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { msUntil } from '../verdict.ts';
import type { Core } from './core.ts';
import { sendMessage } from './sendMessage.ts';
import { getJob, type Caller } from './readJob.ts';
import { renewedParams } from './renewedParams.ts';
import { startAt } from './startTime.ts';
import { transitionJob } from './transitionJob.ts';

/**
 * Answers the job, PENDING and due then. Messages of the old time find that it is not due yet, or that it has begun. What
 * else keeps it from running (a pause, a limit) does so when its time has come.
 * @throws {JobError} `JOB_NOT_FOUND`; `JOB_NOT_RESCHEDULABLE` when it runs or has ended; `BAD_USER_INPUT`.
 */
export async function rescheduleJob(
  core: Core,
  { runAt, ...request }: Caller & { readonly jobId: string; readonly runAt: number },
): Promise<Job> {
  let job = await getJob(core, request);
  for (;;) {
    const now = await core.table.time();
    const { dueAt = null, waiting } = startAt(runAt, now);
    if (job.status !== 'PENDING') {
      throw new JobError('JOB_NOT_RESCHEDULABLE', { message: `The job is ${job.status}: its start cannot be moved.`, jobId: job.jobId });
    }
    // A job that waits for others still does, and after that for its start.
    const kept = job.waiting?.reason === 'DEPENDENCIES' ? { waiting: job.waiting, tell: job.tell } : { waiting };
    const params = await renewedParams(core, job, Math.max(now.at, runAt));
    const moved = await transitionJob(core, 'reschedule', job, { facts: { now }, changes: { ...params, runAt, dueAt, ...kept } });
    if (moved.ok) {
      if (kept.waiting === undefined) await send(core, moved.job, dueAt === null ? 0 : msUntil(dueAt, now) / 1000);
      return moved.job;
    }
    // Another process was faster: look at what the job has become.
    if (moved.job === undefined) throw new JobError('JOB_NOT_FOUND');
    job = moved.job;
  }
}

/** A message that is not accepted is no reason to fail the job: its start was changed, and the sweeper sends it. */
async function send(core: Core, job: Job, delaySeconds: number): Promise<void> {
  try {
    await sendMessage(core, job, delaySeconds);
  } catch (error) {
    core.log.warn({ error, jobId: job.jobId }, 'the message of a job that was rescheduled could not be sent; the sweeper sends it');
  }
}
