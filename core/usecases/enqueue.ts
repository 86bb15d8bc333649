/** Sends the message of a job that was just written, and compensates when the queue does not take it. */
import { SpanKind } from '@opentelemetry/api';
import { JobError } from '../errors.ts';
import { maxDelaySeconds, type Job, type QueuedJob } from '../job.ts';
import { anyVersion } from '../queue/message.ts';
import { transitionJob } from './transitionJob.ts';
import type { Core } from './core.ts';

/**
 * Answers the job as it then is.
 * @throws {JobError} `QUEUE_UNAVAILABLE` with the jobId, after the job has become FAILED. Nothing is deleted: a send
 *   whose answer was lost may have happened, and its message then meets a job that has ended.
 */
export async function enqueue(core: Core, job: Job, delaySeconds: number): Promise<Job> {
  const { jobId, traceId } = job;
  try {
    await sendMessage(core, job, delaySeconds);
    return job;
  } catch (error) {
    core.log.error({ error, jobId, traceId }, 'the job could not be queued; it becomes FAILED');
    const now = await core.table.time();
    const failure = { code: 'QUEUE_UNAVAILABLE', message: 'The job could not be queued; retry it.', attempt: 0, at: now.at };
    const result = await transitionJob(core, 'enqueueFailed', job, { facts: { now }, error: failure });
    // A worker that has the job already proves that the message went out.
    if (!result.ok && result.job !== undefined) return result.job;
    throw new JobError('QUEUE_UNAVAILABLE', { jobId }, { cause: error });
  }
}

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
