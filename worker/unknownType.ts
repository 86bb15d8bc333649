/** What becomes of a message whose job's type this worker has no handler for: another worker may, one that is newer or older. */
import type { Job } from '../core/job.ts';
import type { JobMessage } from '../core/queue/message.ts';
import { returned, type Acknowledgement } from './outcome.ts';
import type { WorkerParts } from './parts.ts';

/**
 * It rests longer each time, so that workers that lack a type cost next to nothing, however long there are no others; and by
 * chance, lest what came together comes together again, to the same worker.
 */
const [shortestSeconds, longestSeconds] = [1, 300];

/**
 * Nothing is written, and the message goes on as a new one, so that no receive of it is used up. `job`: as its record is, which
 * says that it may run. Of several messages that name it, only the newest goes on.
 */
export async function passOn({ core, toldTypes, random }: WorkerParts, message: JobMessage, job: Job): Promise<Acknowledgement> {
  const { type, owner, priority } = job;
  if (!toldTypes.has(type)) {
    toldTypes.add(type);
    core.log.warn({ type }, 'this worker does not know a type; it leaves its jobs to others');
  }
  const { returns = 0, sweeps = 0 } = message;
  if (sweeps < job.sweeps) return { kind: 'deleted' };
  // Slowly at first: of two workers either may get it, and where the half of many know the type, most come by it in a few seconds.
  const restSeconds = Math.min(longestSeconds, Math.max(shortestSeconds, returns ** 2 / 10)) * (0.5 + random());
  try {
    await core.queues.send(priority, { ...message, type, sweeps, returns: returns + 1 }, restSeconds, owner);
    return { kind: 'deleted' };
  } catch (error) {
    core.log.warn({ error, jobId: job.jobId }, 'a message could not be passed on; it goes back');
    return returned(restSeconds * 1000);
  }
}
