/** What to do with a message whose job's type has no handler in this worker: another worker, newer or older, may have one. */
import type { Job } from '../core/job.ts';
import type { JobMessage } from '../core/queue/message.ts';
import { returned, type Acknowledgement } from './outcome.ts';
import type { WorkerParts } from './parts.ts';

/**
 * Each time it rests longer, so that workers without the type cost almost nothing, however long there are no others. The rest
 * is random, so that messages that came together do not come together again, to the same worker.
 */
const [shortestSeconds, longestSeconds] = [1, 300];

/**
 * Nothing is written, and the message is sent on as a new one, so that none of its receives is used up. `job`: the record as it
 * is, which says that the job may run. Of several messages that name the job, only the newest is sent on.
 */
export async function passOn({ core, toldTypes, random }: WorkerParts, message: JobMessage, job: Job): Promise<Acknowledgement> {
  const { type, owner, priority } = job;
  if (!toldTypes.has(type)) {
    toldTypes.add(type);
    core.log.warn({ type }, 'this worker does not know a type; it leaves its jobs to others');
  }
  const { returns = 0, sweeps = 0 } = message;
  if (sweeps < job.sweeps) return { kind: 'deleted' };
  // Short rests first: with two workers either may get it, and where half of many know the type, most messages reach one in a few seconds.
  const restSeconds = Math.min(longestSeconds, Math.max(shortestSeconds, returns ** 2 / 10)) * (0.5 + random());
  try {
    await core.queues.send(priority, { ...message, type, sweeps, returns: returns + 1 }, restSeconds, owner);
    return { kind: 'deleted' };
  } catch (error) {
    core.log.warn({ error, jobId: job.jobId }, 'a message could not be sent on; it goes back');
    return returned(restSeconds * 1000);
  }
}
