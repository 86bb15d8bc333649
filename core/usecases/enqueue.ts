/** Sends the message of a job that was just written, and compensates when the queue does not accept it. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Core } from './core.ts';
import { sendMessage } from './sendMessage.ts';
import { transitionJob } from './transitionJob.ts';

/**
 * Returns the job as it then is.
 * @throws {JobError} `QUEUE_UNAVAILABLE` with the jobId, after the job has become FAILED. Nothing is deleted: a send
 * whose answer was lost may have happened, and its message then meets a job that has ended.
 */
export async function enqueue(core: Core, job: Job, delaySeconds: number): Promise<Job> {
  const { jobId, traceId } = job;
  try {
    await sendMessage(core, job, delaySeconds);
    return job;
  } catch (error) {
    core.log.error({ error, jobId, traceId }, 'the job could not be queued; it becomes FAILED');
    const now = await core.table.time();
    const failure = { code: 'QUEUE_UNAVAILABLE', message: 'The job could not be queued; retry it.', attempt: 0, at: now.at };
    const result = await transitionJob(core, 'enqueueFailed', job, { facts: { now }, error: failure });
    // A worker that has the job proves that the message was sent.
    if (!result.ok && result.job !== undefined) return result.job;
    throw new JobError('QUEUE_UNAVAILABLE', { jobId }, { cause: error });
  }
}
