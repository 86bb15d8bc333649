/** What each step of a message's way through the worker is given. */
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
  /** What is noted of attempts is kept as long as the records. */
  readonly jobTtlDays: number;
  readonly objectAccess: ObjectAccess;
  /** Of the queues: so often a child's message is received. */
  readonly maxReceiveCount: number;
}

export interface WorkerParts {
  readonly core: Pick<Core, 'table' | 'queues' | 'feed' | 'log' | 'telemetry'>;
  readonly handlers: Handlers;
  /** Of all jobs; a handler is given those of its own. */
  readonly objects: ObjectEngine;
  readonly settings: ExecuteSettings;
  /** What is paused. */
  readonly pauses: Known<Pauses>;
  /** Limits that were set while the system runs. */
  readonly limits: Known<LimitsByType>;
  readonly startKeeper: StartKeeper;
  /** The types of jobs that came and that no handler is for: each is told of once. */
  readonly toldTypes: Set<string>;
  readonly random: () => number;
  /** This process's name, as those who run it know it. */
  readonly worker: string;
  /** Of the table: who waits for it waits here. */
  readonly breaker: Breaker;
  /** Fires when no further attempt may begin. */
  readonly stopping: AbortSignal;
  /** Fires when running handlers must stop too, with `ShuttingDown`. */
  readonly graceOver: AbortSignal;
}

export function leaseMsOf({ settings }: Pick<WorkerParts, 'settings'>): number {
  return settings.visibilityTimeoutSeconds * 1000;
}

/** For those who end jobs, and tell others of it. */
export function lookDepsOf({ core, settings }: Pick<WorkerParts, 'core' | 'settings'>): LookDeps {
  return { ...core, settings };
}
