/** Waits for a job's end, for clients that cannot subscribe. */
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import type { Core } from './core.ts';
import { getJob, type Caller } from './readJob.ts';
import type { Watches } from './watchJob.ts';

/** Shorter than the idle time-outs of the usual proxies and load balancers. */
export const maxWaitSeconds = 50;

export interface WaitForJobRequest extends Caller {
  readonly jobId: string;
  /** 0 to 50. */
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the job once it is final, or as it is at the timeout.
 * @throws {JobError} `JOB_NOT_FOUND`; `BAD_USER_INPUT` for a timeout outside 0 to 50.
 */
export async function waitForJob(core: Pick<Core, 'table'>, watches: Watches, request: WaitForJobRequest): Promise<Job> {
  const { timeoutSeconds, signal } = request;
  if (timeoutSeconds < 0 || timeoutSeconds > maxWaitSeconds) {
    throw new JobError('BAD_USER_INPUT', { message: `timeoutSeconds is 0 to ${maxWaitSeconds}.`, path: ['timeoutSeconds'] });
  }
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const events = await watches.job({ ...request, signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]) });
  for await (const { status } of events) {
    if (isFinal(status)) break;
  }
  return getJob(core, request);
}
