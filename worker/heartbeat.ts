/**
 * Keeps a claim and its message while a handler works: one beat at half the lease renews both. Apart from the
 * execution timeout, and stopped (with its last beat awaited) before the message's fate is set, so that no beat
 * overwrites a backoff.
 */
import type { Job } from '../core/job.ts';
import type { ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Log } from '../telemetry/log.ts';
import { CancelRequested, ClaimLost } from './aborts.ts';

export interface Heartbeat {
  /** Renews the claim now, with these changes to the record; false when the claim is lost. */
  renew(changes: { readonly attempts?: number; readonly error?: Job['error']; readonly progress?: number | undefined }): Promise<boolean>;
  /** Resolves when no beat is under way any more. Twice is fine. */
  stop(): Promise<void>;
}

export interface HeartbeatDeps {
  readonly core: Pick<Core, 'table' | 'queues' | 'clock'>;
  readonly job: Job;
  readonly message: ReceivedMessage;
  readonly claimId: string;
  readonly leaseMs: number;
  readonly log: Log;
  /** The progress to write along with a beat. */
  readonly progress: () => number | undefined;
  /** Called when the handler must stop: the claim is lost, or a cancel was asked for. */
  readonly abort: (reason: CancelRequested | ClaimLost) => void;
}

export function startHeartbeat({ core, job, message, claimId, leaseMs, log, progress, abort }: HeartbeatDeps): Heartbeat {
  const { table, queues, clock } = core;
  let leaseEndsAt = job.claim?.expiresAt ?? clock.now() + leaseMs;
  let stopped = false;
  let beating: Promise<void> | undefined;

  async function renew(changes: Parameters<Heartbeat['renew']>[0]): Promise<boolean> {
    const now = clock.now();
    const leaseExpiresAt = (await table.time()).high + leaseMs;
    const renewed = await table.touch('renew', job.jobId, { claimId, leaseExpiresAt }, { ...changes, leaseExpiresAt });
    if (stopped) return renewed.ok;
    if (!renewed.ok) {
      abort(new ClaimLost('another worker holds the job'));
      return false;
    }
    leaseEndsAt = now + leaseMs;
    if (renewed.job.cancelRequested) abort(new CancelRequested('a cancel was asked for'));
    return true;
  }

  async function beat(): Promise<void> {
    const [claim, visibility] = await Promise.allSettled([
      renew({ progress: progress() }),
      queues.setVisibility(message, Math.ceil(leaseMs / 1000)),
    ]);
    if (visibility.status === 'rejected') {
      // The claim still fences: a delivery meanwhile finds the job held, and waits.
      log.warn({ error: visibility.reason }, 'the message’s visibility could not be renewed');
    }
    if (claim.status === 'rejected') {
      log.warn({ error: claim.reason }, 'the claim could not be renewed');
      if (clock.now() >= leaseEndsAt) abort(new ClaimLost('the claim could not be renewed in time'));
    }
  }

  const timer = setInterval(() => {
    beating ??= beat().finally(() => (beating = undefined));
  }, leaseMs / 2);

  return {
    renew,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await beating;
    },
  };
}
