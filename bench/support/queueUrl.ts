/** The queue of normal priority, as the SDK names it. */
import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueName } from '../../core/queue/sqs/definition.ts';

export async function queueUrlOf(sqs: SQSClient, queuePrefix: string): Promise<string> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName(queuePrefix, 'NORMAL') }));
  if (QueueUrl === undefined) throw new Error('the queue has no URL');
  return QueueUrl;
}
