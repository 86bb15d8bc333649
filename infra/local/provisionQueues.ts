/** The queues on SQS or an emulator of it; attributes that differ are updated. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { longPollSeconds, type QueueDefinition, queueDefinitions, type QueueSettings } from '../../core/queue/sqs/definition.ts';

export async function provisionQueues(sqs: SQSClient, settings: QueueSettings): Promise<void> {
  const arns = new Map<string, string>();
  // One after the other: a queue names its dead-letter queue, which is made first, by its ARN.
  for (const definition of queueDefinitions(settings)) {
    const deadLetterArn = definition.redrive && arns.get(definition.redrive.deadLetterQueue);
    arns.set(definition.name, await provisionQueue(sqs, definition.name, queueAttributes(definition, deadLetterArn)));
  }
}

/** A queue's definition as SQS takes it. */
export function queueAttributes(definition: QueueDefinition, deadLetterArn: string | undefined): Record<string, string> {
  const attributes = {
    VisibilityTimeout: String(definition.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(definition.retentionSeconds),
    ReceiveMessageWaitTimeSeconds: String(longPollSeconds),
  };
  if (definition.redrive === undefined) return attributes;
  if (deadLetterArn === undefined) throw new Error(`queue ${definition.name} comes before its dead-letter queue`);
  const redrive = { deadLetterTargetArn: deadLetterArn, maxReceiveCount: definition.redrive.maxReceiveCount };
  return { ...attributes, RedrivePolicy: JSON.stringify(redrive) };
}

/** The queue's ARN. */
async function provisionQueue(sqs: SQSClient, name: string, attributes: Record<string, string>): Promise<string> {
  const url =
    (await existingUrl(sqs, name)) ?? (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))).QueueUrl;
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
  const found: Record<string, string | undefined> = Attributes;
  const different = Object.entries(attributes).filter(([key, value]) => !isSame(key, value, found[key]));
  if (different.length > 0) await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: Object.fromEntries(different) }));
  if (found['QueueArn'] === undefined) throw new Error(`queue ${name} has no ARN`);
  return found['QueueArn'];
}

async function existingUrl(sqs: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

const redrivePolicy = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() });

/** Compared as JSON, since the order, and the quotes around its number, may differ. */
function isSame(key: string, wanted: string, found: string | undefined): boolean {
  if (key !== 'RedrivePolicy' || found === undefined) return wanted === found;
  const [a, b] = [wanted, found].map((policy) => redrivePolicy.parse(JSON.parse(policy)));
  return a?.deadLetterTargetArn === b?.deadLetterTargetArn && a?.maxReceiveCount === b?.maxReceiveCount;
}
