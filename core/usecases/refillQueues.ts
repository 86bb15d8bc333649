/** Sends a message for every job that has not ended: for queues in memory, which start empty and hold only what has room. */
import type { QueueFill } from '../queue/jobQueues.ts';
import type { QueuedJob } from '../job.ts';
import { msUntil } from '../verdict.ts';
import type { Core } from './core.ts';
import { sendMessage } from './sendMessage.ts';

/** A page delays the event loop only for a moment. */
const pageSize = 200;

/**
 * Oldest first, as long as the queues have room. Returns how many it sent. An extra message does no harm: its receiver finds
 * that the job has a worker or has ended. A job that waits on purpose is sent when its wait ends, and a new job by the call
 * that hands it in.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`.
 */
export async function refillQueues(
  core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'newJobId'>,
  listQueued: (page: {
    readonly after?: string | undefined;
    readonly before: string;
    readonly limit: number;
  }) => Promise<readonly QueuedJob[]>,
  fill: QueueFill,
  signal?: AbortSignal,
): Promise<number> {
  const before = core.newJobId();
  let sent = 0;
  let after: string | undefined;
  do {
    const page = await listQueued({ after, before, limit: pageSize });
    const now = await core.table.time();
    for (const job of page) {
      if (fill.holds(job.jobId)) continue;
      await sendMessage(core, job, typeof job.dueAt === 'number' ? msUntil(job.dueAt, now) / 1000 : 0);
      sent += 1;
    }
    after = page.length < pageSize ? undefined : page.at(-1)?.jobId;
  } while (after !== undefined && fill.hasRoom() && signal?.aborted !== true);
  return sent;
}
