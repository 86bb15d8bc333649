/** Sends the message that names a job. */
import { SpanKind } from '@opentelemetry/api';
import { maxDelaySeconds, type QueuedJob } from '../job.ts';
import { anyVersion } from '../queue/message.ts';
import type { Core } from './core.ts';

/**
 * The message that names the job as it is now. One that is due later than SQS can delay it comes early, and waits again.
 * @throws {JobError} `QUEUE_UNAVAILABLE`.
 */
export async function sendMessage(
  { queues, telemetry }: Pick<Core, 'queues' | 'telemetry'>,
  job: QueuedJob,
  delaySeconds: number,
): Promise<void> {
  const { jobId, owner, generation, traceId, type, createdAt, priority, attempts, sweeps } = job;
  const version = attempts === 0 ? job.version : anyVersion;
  const wholeDelay = Math.min(maxDelaySeconds, Math.ceil(delaySeconds));
  const destination = { 'messaging.system': 'aws_sqs', 'messaging.destination.name': priority };
  await telemetry.span(
    `send ${priority}`,
    { kind: SpanKind.PRODUCER, attributes: { ...destination, 'messaging.operation.type': 'send', 'job.id': jobId } },
    () =>
      queues.send(
        priority,
        { jobId, generation, version, traceId, type, createdAt, sweeps, spanId: telemetry.running().spanId },
        wholeDelay,
        owner,
      ),
  );
  telemetry.count('sent', destination);
}
