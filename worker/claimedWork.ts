/** What the steps of a receive are given: the worker's parts, and the job that was claimed. */
import type { Job } from '../core/job.ts';
import type { Handlers } from '../core/jobList.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Log } from '../telemetry/log.ts';

export interface ExecuteSettings {
  readonly attemptsPerReceive: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Visibility timeout of a message, and lease of a claim. */
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
}

export interface ExecuteDeps {
  readonly core: Pick<Core, 'table' | 'queues' | 'feed' | 'clock' | 'log' | 'telemetry'>;
  readonly handlers: Handlers;
  /** What handlers read and write. */
  readonly objects: ObjectStore;
  readonly settings: ExecuteSettings;
  readonly random: () => number;
  /** Fires when no further attempt may begin. */
  readonly stopping: AbortSignal;
  /** Fires when running handlers must stop too, with `ShuttingDown`. */
  readonly graceOver: AbortSignal;
  /** Takes a message's acknowledgement, which may wait for a batch to fill: the slot is not kept for it. */
  readonly settle: (acknowledging: Promise<void>) => void;
}

/** A job that this worker has claimed. */
export interface ClaimedWork extends ExecuteDeps {
  readonly job: Job;
  readonly message: ReceivedMessage;
  readonly claimId: string;
  readonly leaseMs: number;
  readonly log: Log;
}
