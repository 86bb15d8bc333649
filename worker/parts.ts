/** The parts that each step of a message's way through the worker gets. */
import type { Handlers } from '../core/jobList.ts';
import type { ObjectAccess } from '../core/objectAccess.ts';
import type { ObjectEngine } from '../core/objects.ts';
import type { Core } from '../core/usecases/core.ts';
import type { LookDeps } from '../core/usecases/lookAt.ts';
import type { Breaker } from './breaker.ts';
import type { Pauses } from '../core/usecases/pauses.ts';
import type { LimitsByType } from '../core/typeLimits.ts';
import type { Known } from './recently.ts';
import type { StartKeeper } from './startKeeper.ts';

export interface ExecuteSettings {
  readonly attemptsPerReceive: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Visibility timeout of a message, and lease of a claim. */
  readonly visibilityTimeoutSeconds: number;
  /** How long notes of attempts are kept: as long as the records. */
  readonly jobTtlDays: number;
  readonly objectAccess: ObjectAccess;
  /** The queues' setting: a child's message is received at most this often. */
  readonly maxReceiveCount: number;
}

export interface WorkerParts {
  readonly core: Pick<Core, 'table' | 'queues' | 'feed' | 'log' | 'telemetry'>;
  readonly handlers: Handlers;
  /** The objects of all jobs; a handler gets only its own. */
  readonly objects: ObjectEngine;
  readonly settings: ExecuteSettings;
  /** The present pauses. */
  readonly pauses: Known<Pauses>;
  /** Limits that were set while the system runs. */
  readonly limits: Known<LimitsByType>;
  readonly startKeeper: StartKeeper;
  /** Types of received jobs for which there is no handler: each is logged once. */
  readonly toldTypes: Set<string>;
  readonly random: () => number;
  /** This process's name for operators. */
  readonly worker: string;
  /** Of the table: calls that need it wait here. */
  readonly breaker: Breaker;
  /** Fires when no further attempt may begin. */
  readonly stopping: AbortSignal;
  /** Fires when running handlers must stop too, with `ShuttingDown`. */
  readonly graceOver: AbortSignal;
}

export function leaseMsOf({ settings }: Pick<WorkerParts, 'settings'>): number {
  return settings.visibilityTimeoutSeconds * 1000;
}

/** For the code that ends jobs and informs others. */
export function lookDepsOf({ core, settings }: Pick<WorkerParts, 'core' | 'settings'>): LookDeps {
  return { ...core, settings };
}
