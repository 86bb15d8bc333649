/** One received message, from claim to acknowledgement: claimed → attempts → outcome → written → acknowledged. */
import { randomUUID } from 'node:crypto';
import { backoffMs } from '../core/backoff.ts';
import type { Job } from '../core/job.ts';
import type { Log } from '../core/log.ts';
import { decodeMessage } from '../core/queue/message.ts';
import type { ReceivedMessage } from '../core/queue/queues.ts';
import type { Core } from '../core/usecases/core.ts';
import { runAttempts } from './attempts.ts';
import { claimJob } from './claim.ts';
import { conclude } from './conclude.ts';
import type { Handlers } from './handlers/handler.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { Acknowledgement } from './outcome.ts';
import { trackProgress } from './progress.ts';

export interface ExecuteSettings {
  readonly attemptsPerReceive: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Visibility timeout of a message, and lease of a claim. */
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
}

export interface ExecuteDeps {
  readonly core: Pick<Core, 'table' | 'queues' | 'feed' | 'clock' | 'log'>;
  readonly handlers: Handlers;
  readonly settings: ExecuteSettings;
  readonly random: () => number;
  /** Fires when no further attempt may begin. */
  readonly stopping: AbortSignal;
  /** Fires when running handlers must stop too, with `ShuttingDown`. */
  readonly graceOver: AbortSignal;
}

/** A job that this worker has claimed. */
export interface ClaimedWork extends ExecuteDeps {
  readonly job: Job;
  readonly message: ReceivedMessage;
  readonly claimId: string;
  readonly leaseMs: number;
  readonly log: Log;
}

/** Never rejects: what goes wrong is logged, and the message comes back by its visibility timeout. */
export async function execute(deps: ExecuteDeps, message: ReceivedMessage): Promise<void> {
  const { core } = deps;
  try {
    await acknowledge(core, message, await process(deps, message));
  } catch (error) {
    core.log.error({ error, messageId: message.messageId }, 'a message could not be worked on; it will be delivered again');
  }
}

async function process(deps: ExecuteDeps, message: ReceivedMessage): Promise<Acknowledgement> {
  const { core, settings, random } = deps;
  const body = decodeMessage(message.body);
  if (body === undefined) {
    core.log.error(
      { messageId: message.messageId, receiveCount: message.receiveCount },
      'a message is not one of ours; it goes to the dead-letter queue',
    );
    const delayMs = backoffMs({ baseMs: settings.backoffBaseMs, maxMs: settings.backoffMaxMs }, message.receiveCount, random);
    return { kind: 'returned', seconds: Math.ceil(delayMs / 1000) };
  }
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

async function acknowledge({ queues }: Pick<Core, 'queues'>, message: ReceivedMessage, acknowledgement: Acknowledgement): Promise<void> {
  switch (acknowledgement.kind) {
    case 'deleted':
      return queues.delete(message);
    case 'returned':
      return queues.setVisibility(message, acknowledgement.seconds);
    case 'left':
      return;
    default:
      return acknowledgement satisfies never;
  }
}
