/** Sends a message for every job that has not ended: for queues that begin empty with each start of their process. */
import { isFinal } from '../job.ts';
import { msUntil } from '../verdict.ts';
import type { Core } from './core.ts';
import { sendMessage } from './enqueue.ts';
import { readEach } from './sweepJobs.ts';

/** As many as one read of the table takes. */
const pageSize = 100;

/**
 * Answers how many. A message too many does no harm: it finds its job held or ended. What waits on purpose is sent by
 * whoever ends that.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`.
 */
export async function refillQueues(core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>): Promise<number> {
  let sent = 0;
  let after: string | undefined;
  do {
    const page = await core.table.listOpen({ after, before: '~', limit: pageSize });
    const now = await core.table.time();
    for (const job of (await readEach(core, page.jobIds)).jobs) {
      if (isFinal(job.status) || job.waitingReason !== undefined) continue;
      await sendMessage(core, job, job.dueAt === undefined ? 0 : msUntil(job.dueAt, now) / 1000);
      sent += 1;
    }
    after = page.next;
  } while (after !== undefined);
  return sent;
}
