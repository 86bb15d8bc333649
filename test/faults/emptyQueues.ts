/** Takes every message out of every queue, in flight or not: nothing may depend on messages. */
import { GetQueueUrlCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { queueIds, type QueueId } from '../../core/queue/jobQueues.ts';
import { deadLetterQueueName, queueName } from '../../core/queue/sqs/definition.ts';
import type { Stage } from './stage.ts';

/** Returns how many there were. */
export async function emptyQueues({ core, clients, config }: Pick<Stage, 'core' | 'clients' | 'config'>): Promise<number> {
  const nameOf = (queue: QueueId): string =>
    queue === 'DEAD_LETTER' ? deadLetterQueueName(config.queuePrefix) : queueName(config.queuePrefix, queue);
  const depths = await Promise.all(queueIds.map((queue) => core.queues.depth(queue)));
  await Promise.all(
    queueIds.map(async (queue) => {
      const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: nameOf(queue) }));
      await clients.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    }),
  );
  return depths.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
}
