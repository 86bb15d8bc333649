/**
 * An event source mapping outside AWS: receives from a queue, calls a handler with the event that Lambda would build,
 * and deletes what the handler did not report as failed.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { JobQueues, QueueId, ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Log } from '../telemetry/log.ts';

export interface QueueMappingDeps {
  readonly queues: Pick<JobQueues, 'receive' | 'delete'>;
  readonly queue: QueueId;
  readonly handler: (event: SQSEvent) => Promise<SQSBatchResponse>;
  /** 1 to 10. */
  readonly batchSize: number;
  /** 0 to 20; `stop` waits for the receive in flight to end. */
  readonly receiveWaitSeconds: number;
  readonly region: string;
  readonly log: Log;
}

export interface Mapping {
  /** Resolves when the event in progress is handled. May be called twice. */
  stop(): Promise<void>;
}

export function startQueueMapping({ queues, queue, handler, batchSize, receiveWaitSeconds, region, log }: QueueMappingDeps): Mapping {
  const stopping = new AbortController();

  async function once(): Promise<void> {
    const messages = await queues.receive(queue, { max: batchSize, waitSeconds: receiveWaitSeconds });
    if (messages.length === 0) return;
    const { batchItemFailures } = await handler({ Records: messages.map((message) => recordOf(message, region)) });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    await Promise.all(messages.filter(({ messageId }) => !failed.has(messageId)).map((message) => queues.delete(message)));
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await once();
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        if (failures === 1) log.warn({ error, queue }, 'the event source does not answer; trying again');
        await sleep(Math.min(5000, 100 * 2 ** failures), undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** The shape is documented in "Using Lambda with Amazon SQS". */
function recordOf(
  { messageId, receiptHandle, body, receiveCount, sentAt, queue, traceHeader }: ReceivedMessage,
  region: string,
): SQSRecord {
  return {
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: String(sentAt),
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: String(sentAt),
      ...(traceHeader === undefined ? {} : { AWSTraceHeader: traceHeader }),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:${queue}`,
    awsRegion: region,
  };
}
