/** One received message, from top to bottom: claimed, attempted, concluded, acknowledged. */
import { SpanKind } from '@opentelemetry/api';
import { backoffMs } from '../core/backoff.ts';
import { monotonic } from '../core/clock.ts';
import type { ReceivedMessage } from '../core/queue/jobQueues.ts';
import { decodeMessage, type JobMessage } from '../core/queue/message.ts';
import { createAttemptLogs } from './attemptLog.ts';
import { runAttempts } from './attempts.ts';
import { claimJob, toOwnMessage, type Claimed } from './claim.ts';
import { conclude } from './conclude.ts';
import { leave } from './limits.ts';
import { holdLease } from './lease.ts';
import { returned, type Acknowledgement, type Outcome } from './outcome.ts';
import { leaseMsOf, type WorkerParts } from './parts.ts';
import { trackProgress } from './progress.ts';
import { keepInvisible } from './visibility.ts';

/**
 * `onWorked` is called when no handler runs for the message any more. So no slot is held while the outcome is written and the
 * message acknowledged, which wait for a group of commits or for a full batch. Never rejects: an error is logged, and the
 * message comes back after its visibility timeout.
 */
export async function execute(parts: WorkerParts, message: ReceivedMessage, onWorked: () => void): Promise<void> {
  const { telemetry, log } = parts.core;
  const startedAt = monotonic();
  const body = decodeMessage(message.body);
  const destination = { 'messaging.system': 'aws_sqs', 'messaging.destination.name': message.queue };
  const attributes = {
    ...destination,
    'messaging.operation.type': 'process',
    'messaging.message.id': message.messageId,
    ...(body === undefined ? {} : { 'job.id': body.jobId }),
  };
  const origin = { xray: message.traceHeader, traceId: body?.traceId, spanId: body?.spanId };
  telemetry.count('consumed', destination);
  let acknowledging: Promise<void> | undefined;
  try {
    await telemetry.span(`process ${message.queue}`, { kind: SpanKind.CONSUMER, attributes, origin }, async () => {
      const acknowledgement = body === undefined ? poisoned(parts, message) : await work(parts, message, body, onWorked);
      onWorked();
      acknowledging = acknowledge(parts, message, acknowledgement);
    });
  } catch (error) {
    log.error({ error, messageId: message.messageId }, 'a message could not be worked on; it will be delivered again');
  }
  telemetry.record('processDuration', (monotonic() - startedAt) / 1000, destination);
  await acknowledging;
}

async function work(parts: WorkerParts, message: ReceivedMessage, body: JobMessage, onWorked: () => void): Promise<Acknowledgement> {
  const { core } = parts;
  await using _ = keepInvisible({ queues: core.queues, message, timeoutMs: leaseMsOf(parts), log: core.log });
  const claimed = await claimJob(parts, body);
  if (claimed.kind !== 'claimed') return claimed;
  waited(parts, claimed);

  const lease = holdLease({ ...claimed, table: core.table, leaseMs: leaseMsOf(parts), progress: () => progress.latest() });
  const progress = trackProgress({ ...claimed, feed: core.feed, save: (percent) => void lease.renew({ progress: percent }) });
  const logs = createAttemptLogs(parts, claimed);
  const keeping = { any: false, children: false };
  try {
    const outcome: Outcome = await runAttempts(parts, claimed, { lease, progress, logs, keeping });
    progress.stop();
    onWorked();
    // A reader who sees the outcome finds the log complete.
    await logs.written();
    // Renewed until the outcome is written, however long the table takes.
    const acknowledgement = await conclude(parts, claimed, { outcome, percent: progress.latest(), keeping });
    const { job, permit, isTurn } = claimed;
    await leave(parts, { jobId: job.jobId, version: job.version - 1 }, permit);
    return isTurn === true ? await toOwnMessage(parts, job, acknowledgement) : acknowledgement;
  } finally {
    progress.stop();
    lease.stop();
  }
}

/** It comes back, with growing delays, until its receives are used up, and so ends in the dead-letter queue. */
function poisoned({ core, settings, random }: WorkerParts, { messageId, receiveCount }: ReceivedMessage): Acknowledgement {
  core.log.error({ messageId, receiveCount }, 'a message is not one of ours; it goes to the dead-letter queue');
  return returned(backoffMs({ baseMs: settings.backoffBaseMs, maxMs: settings.backoffMaxMs }, receiveCount, random));
}

/** Once per generation: at its first claim. */
function waited({ core }: WorkerParts, { job, now }: Claimed): void {
  const { attempts, losses, priority, history, createdAt, dueAt = 0 } = job;
  if (attempts > 1 || losses > 0) return;
  const pendingSince = history.findLast(({ status }) => status === 'PENDING')?.at ?? createdAt;
  core.telemetry.record('queueWait', Math.max(0, now() - Math.max(pendingSince, dueAt)) / 1000, { priority });
}

/** Never rejects: a message that is neither deleted nor given back is delivered again, and the record then says what to do. */
async function acknowledge(
  { core: { queues, log } }: WorkerParts,
  message: ReceivedMessage,
  acknowledgement: Acknowledgement,
): Promise<void> {
  try {
    if (acknowledgement.kind === 'deleted') await queues.delete(message);
    else await queues.setVisibility(message, acknowledgement.seconds);
  } catch (error) {
    log.warn({ error, messageId: message.messageId }, 'a message could not be acknowledged; it will be delivered again');
  }
}
