/** Ends the wait of a job that was read as parked: it may run again, and its message is sent. */
import type { Job, QueuedJob } from '../job.ts';
import { msUntil } from '../verdict.ts';
import type { Core } from './core.ts';
import { sendMessage } from './sendMessage.ts';

/**
 * May be called twice: a job that has been woken, has ended, or waits for something else by now, is not changed (`false`).
 * First the write, then the message, since a message that finds a parked job is deleted. If the send fails or never happens,
 * the sweeper sends it. The message is delayed until the job is due, and by `delayMs`: for a caller that works on the job
 * without the message.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`.
 */
export async function wakeJob(core: Pick<Core, 'table' | 'queues' | 'telemetry'>, job: Job, delayMs = 0): Promise<boolean> {
  const { jobId, version, waiting } = job;
  if (waiting === undefined) return false;
  const now = await core.table.time();
  // The sweeper takes `sweptAt` for the last time that a message was sent.
  const changes = { waiting: null, sweptAt: now.low };
  const { ok, job: woken } = await core.table.touch('unpark', jobId, { version, waitingReason: waiting.reason }, changes);
  if (!ok) return false;
  await sendMessage(core, woken, (delayMs + (woken.dueAt === undefined ? 0 : msUntil(woken.dueAt, now))) / 1000);
  return true;
}

/** Sends the message of a job whose wait was just ended. If it is not accepted, or never sent, the sweeper sends it. */
export async function wakeMessage(
  core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>,
  job: QueuedJob & Pick<Job, 'dueAt'>,
): Promise<void> {
  const delayMs = job.dueAt === undefined ? 0 : msUntil(job.dueAt, await core.table.time());
  try {
    await sendMessage(core, job, delayMs / 1000);
  } catch (error) {
    core.log.warn({ error, jobId: job.jobId }, 'the message of a job that may run now could not be sent; the sweeper sends it');
  }
}
