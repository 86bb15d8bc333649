/** One received message, from claim to acknowledgement: claimed → attempts → outcome → written → acknowledged. */
import { randomUUID } from 'node:crypto';
import { SpanKind } from '@opentelemetry/api';
import { backoffMs } from '../core/backoff.ts';
import type { ReceivedMessage } from '../core/queue/jobQueues.ts';
import { decodeMessage, type JobMessage } from '../core/queue/message.ts';
import type { Core } from '../core/usecases/core.ts';
import { runAttempts } from './attempts.ts';
import { claimJob } from './claim.ts';
import { conclude } from './conclude.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { Acknowledgement } from './outcome.ts';
import { trackProgress } from './progress.ts';
import type { ClaimedWork, ExecuteDeps } from './claimedWork.ts';

/** Never rejects: what goes wrong is logged, and the message comes back by its visibility timeout. */
export async function execute(deps: ExecuteDeps, message: ReceivedMessage): Promise<void> {
  const { core } = deps;
  const { telemetry, clock } = core;
  const startedAt = clock.now();
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
  if (message.receiveCount === 1)
    telemetry.record('queueWait', Math.max(0, startedAt - message.sentAt) / 1000, { priority: message.queue });
  try {
    await telemetry.span(`process ${message.queue}`, { kind: SpanKind.CONSUMER, attributes, origin }, async () => {
      const acknowledgement = body === undefined ? poisoned(deps, message) : await process(deps, message, body);
      deps.settle(acknowledge(core, message, acknowledgement));
    });
  } catch (error) {
    core.log.error({ error, messageId: message.messageId }, 'a message could not be worked on; it will be delivered again');
  }
  telemetry.record('processDuration', (clock.now() - startedAt) / 1000, destination);
}

/** Comes back until its receives are used up, ever later, and so ends in the dead-letter queue. */
function poisoned({ core, settings, random }: ExecuteDeps, { messageId, receiveCount }: ReceivedMessage): Acknowledgement {
  core.log.error({ messageId, receiveCount }, 'a message is not one of ours; it goes to the dead-letter queue');
  const delayMs = backoffMs({ baseMs: settings.backoffBaseMs, maxMs: settings.backoffMaxMs }, receiveCount, random);
  return { kind: 'returned', seconds: Math.ceil(delayMs / 1000) };
}

async function process(deps: ExecuteDeps, message: ReceivedMessage, body: JobMessage): Promise<Acknowledgement> {
  const { core, settings } = deps;
  const claimId = randomUUID();
  const leaseMs = settings.visibilityTimeoutSeconds * 1000;
  const { claimed, acknowledgement } = await claimJob(core, { message: body, claimId, leaseMs });
  if (claimed === undefined) return acknowledgement;

  const log = core.log.child({ jobId: claimed.jobId, traceId: claimed.traceId, type: claimed.type });
  return work({ ...deps, job: claimed, message, claimId, leaseMs, log });
}

async function work(deps: ClaimedWork): Promise<Acknowledgement> {
  const { core, job, log, graceOver } = deps;
  const aborter = new AbortController();
  const progress = trackProgress({
    core,
    job,
    save: (percent) => {
      heartbeat.renew({ progress: percent }).catch((error: unknown) => log.debug({ error }, 'progress was not written'));
    },
  });
  const heartbeat = startHeartbeat({ ...deps, progress: progress.latest, abort: (reason) => aborter.abort(reason) });
  try {
    const outcome = await runAttempts(deps, { heartbeat, progress, signal: AbortSignal.any([aborter.signal, graceOver]) });
    progress.stop();
    // The heart beats on until the outcome is written, however long the table takes.
    return await conclude(deps, { outcome, percent: progress.latest(), lost: aborter.signal });
  } finally {
    progress.stop();
    await heartbeat.stop();
  }
}

/** Never rejects: a message that is neither deleted nor given back is delivered again, and finds its job ended. */
async function acknowledge(
  { queues, log }: Pick<Core, 'queues' | 'log'>,
  message: ReceivedMessage,
  acknowledgement: Acknowledgement,
): Promise<void> {
  try {
    if (acknowledgement.kind === 'deleted') await queues.delete(message);
    else if (acknowledgement.kind === 'returned') await queues.setVisibility(message, acknowledgement.seconds);
  } catch (error) {
    log.warn({ error, messageId: message.messageId }, 'a message could not be acknowledged; it will be delivered again');
  }
}
