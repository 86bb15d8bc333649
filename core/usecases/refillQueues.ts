/** Sends a message for every job that has not ended: for queues that begin empty with each start of their process. */
import { isFinal } from '../job.ts';
import type { Core } from './core.ts';
import { sendMessage } from './enqueue.ts';

/**
 * Answers how many. A message too many does no harm: it finds its job held or ended.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`.
 */
export async function refillQueues(core: Pick<Core, 'table' | 'queues' | 'clock' | 'telemetry'>): Promise<number> {
  let sent = 0;
  for await (const jobIds of core.table.listOpen({ before: '~', limit: Number.MAX_SAFE_INTEGER })) {
    for (const job of await core.table.getMany(jobIds)) {
      if (job === undefined || isFinal(job.status)) continue;
      await sendMessage(core, job, Math.max(0, job.notBefore - core.clock.now()) / 1000);
      sent += 1;
    }
  }
  return sent;
}
