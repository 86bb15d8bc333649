/** How full the queues are: for operators, not for clients. */
import { queueIds, type QueueDepth, type QueueId } from '../queue/jobQueues.ts';
import type { Core } from './core.ts';

/** Approximate, as SQS reports them. @throws {JobError} `QUEUE_UNAVAILABLE`. */
export async function queueDepths({ queues }: Pick<Core, 'queues'>): Promise<readonly (QueueDepth & { readonly queue: QueueId })[]> {
  return Promise.all(queueIds.map(async (queue) => ({ queue, ...(await queues.depth(queue)) })));
}
