/**
 * The SQS queues: one per priority and the dead-letter queue. Sends and deletes are combined into batches, and each entry fails
 * or succeeds by itself.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type Message,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { JobError } from '../../errors.ts';
import { queueIds, type JobQueues, type QueueDepth, type QueueId, type ReceivedMessage } from '../jobQueues.ts';
import { encodeMessage } from '../message.ts';
import { createBatcher, type Batcher } from './batcher.ts';
import { deadLetterQueueName, queueName } from './definition.ts';
import { messageGroupOf } from './messageGroup.ts';
import { tryEntries } from './tryEntries.ts';

/** SQS: at most ten entries a batch. */
const maxBatchEntries = 10;
/** SQS: 256 KiB a batch, the older and lower of its limits. */
const maxBatchBytes = 256 * 1024;
/** The longest a send waits for others to join its batch: a caller waits for it. */
const sendLingerMs = 4;
/** The longest a delete waits: nobody waits for it, and the message is invisible for much longer. */
const deleteLingerMs = 100;

interface SendEntry {
  readonly body: string;
  readonly delaySeconds: number;
  readonly traceHeader: string | undefined;
  readonly owner: string | undefined;
}

export interface QueuesDeps {
  readonly sqs: SQSClient;
  readonly queuePrefix: string;
  /** Sent along with each message, so that its receiver continues the trace. */
  readonly traceHeader?: () => string | undefined;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
  /** Fires when nothing should be tried again: the code that opened the client is closing it. */
  readonly signal?: AbortSignal;
}

export function createQueues({ sqs, queuePrefix, traceHeader = () => undefined, random = Math.random, signal }: QueuesDeps): JobQueues {
  const urls = new Map<QueueId, Promise<string>>();
  const senders = new Map<QueueId, Batcher<SendEntry>>();
  const deleters = new Map<QueueId, Batcher<string>>();

  function urlOf(queue: QueueId): Promise<string> {
    return memo(urls, queue, async () => {
      const QueueName = queue === 'DEAD_LETTER' ? deadLetterQueueName(queuePrefix) : queueName(queuePrefix, queue);
      try {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
        if (QueueUrl === undefined) throw new Error(`SQS gave no URL for ${QueueName}`);
        return QueueUrl;
      } catch (error) {
        urls.delete(queue);
        throw error;
      }
    });
  }

  const senderOf = (queue: QueueId): Batcher<SendEntry> =>
    memo(senders, queue, () =>
      createBatcher<SendEntry>({
        maxEntries: maxBatchEntries,
        maxBytes: maxBatchBytes,
        lingerMs: sendLingerMs,
        isEager: true,
        sizeOf: ({ body }) => Buffer.byteLength(body),
        send: async (entries) => {
          const QueueUrl = await urlOf(queue);
          return tryEntries(
            entries,
            async (batch) => {
              const Entries = batch.map(({ id, entry }) => sendEntry(id, entry));
              return (await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Failed;
            },
            { random, signal },
          );
        },
      }),
    );

  const deleterOf = (queue: QueueId): Batcher<string> =>
    memo(deleters, queue, () =>
      createBatcher<string>({
        maxEntries: maxBatchEntries,
        maxBytes: maxBatchBytes,
        lingerMs: deleteLingerMs,
        isEager: false,
        sizeOf: (receiptHandle) => receiptHandle.length,
        send: async (handles) => {
          const QueueUrl = await urlOf(queue);
          return tryEntries(
            handles,
            async (batch) => {
              const Entries = batch.map(({ id, entry }) => ({ Id: id, ReceiptHandle: entry }));
              return (await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))).Failed;
            },
            { random, signal },
          );
        },
      }),
    );

  const depth = (queue: QueueId): Promise<QueueDepth> =>
    available(async () => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: await urlOf(queue),
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'],
        }),
      );
      return {
        visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
        inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
        delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
      };
    });

  return {
    send: (priority, message, delaySeconds, owner) =>
      available(() =>
        senderOf(priority).add({ body: encodeMessage(message), delaySeconds: Math.ceil(delaySeconds), traceHeader: traceHeader(), owner }),
      ),

    receive: (queue, { max, waitSeconds, signal }) =>
      available(async () => {
        const command = new ReceiveMessageCommand({
          QueueUrl: await urlOf(queue),
          MaxNumberOfMessages: max,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'AWSTraceHeader'],
        });
        const { Messages = [] } = await sqs.send(command, signal === undefined ? {} : { abortSignal: signal });
        return Messages.map((message) => received(queue, message));
      }),

    delete: (message) => available(() => deleterOf(message.queue).add(message.receiptHandle)),

    setVisibility: (message, seconds) =>
      available(async () => {
        await sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: await urlOf(message.queue),
            ReceiptHandle: message.receiptHandle,
            VisibilityTimeout: seconds,
          }),
        );
      }),

    depth,

    async check() {
      await Promise.all(queueIds.map(depth));
    },
  };
}

function sendEntry(Id: string, { body, delaySeconds, traceHeader, owner }: SendEntry): SendMessageBatchRequestEntry {
  return {
    Id,
    MessageBody: body,
    DelaySeconds: delaySeconds,
    ...(owner === undefined ? {} : { MessageGroupId: messageGroupOf(owner) }),
    ...(traceHeader === undefined ? {} : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } } }),
  };
}

function received(queue: QueueId, { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }: Message): ReceivedMessage {
  return {
    queue,
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    receiveCount: Number(Attributes.ApproximateReceiveCount ?? 1),
    sentAt: Number(Attributes.SentTimestamp ?? 0),
    traceHeader: Attributes.AWSTraceHeader,
  };
}

function memo<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

async function available<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw new JobError('QUEUE_UNAVAILABLE', { message: 'The queue does not answer.' }, { cause: error });
  }
}
