/** One transition of a job that was read: writes it, and publishes the record on the feed. */
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { publishLatest, type Feed } from '../feed/feed.ts';
import { isFinal, maxHistory, type Job, type JobFailure } from '../job.ts';
import type { Changes, WriteResult } from '../table/jobTable.ts';
import type { Facts } from '../guards.ts';
import { transitionOf, type TransitionEvent } from '../transitions.ts';
import { endedChanges, hasListeners } from '../workflow/moves.ts';
import { spareDays } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import { rememberSuccess } from './jobRecords.ts';
import { listenersOf } from './listeners.ts';
import { tellWebhooksSoon } from './tellWebhooks.ts';

export interface Transition {
  readonly facts: Omit<Facts, 'version'>;
  /** Default: the attempts the job has begun. */
  readonly attempt?: number;
  readonly changes?: Changes;
  readonly error?: JobFailure | undefined;
  /** See `TransitionInput`. */
  readonly early?: boolean;
}

/** The record, or what a message says of it: then the job is young, and its history short. */
export type Known = Pick<Job, 'jobId' | 'version' | 'attempts'> &
  Partial<Pick<Job, 'history' | 'workflow' | 'parent' | 'hasChildren' | 'suspended' | 'webhookVersion'>>;

export type TransitionDeps = Pick<Core, 'table' | 'queues' | 'feed' | 'log' | 'telemetry'>;

/** `ok: false` with the present record when the job is no longer as it was read. */
export async function transitionJob(
  core: TransitionDeps,
  event: TransitionEvent,
  job: Known,
  { facts, attempt = job.attempts, changes, error, early }: Transition,
): Promise<WriteResult> {
  const { table, feed, telemetry } = core;
  const { to } = transitionOf(event);
  const isTold = hasListeners(job) || (to === 'CANCELLED' && job.hasChildren === true);
  const ending: Changes = isFinal(to) ? { finishedAt: facts.now.at, ...(isTold ? endedChanges(job) : {}) } : {};
  // An attempt begins, and the job has had none yet.
  const isResumed = job.suspended === true && to !== 'PENDING';
  const claim: Changes = to !== 'PROCESSING' ? { claim: null } : isResumed ? {} : { progress: null };
  const resumed: Changes = isResumed ? { suspended: null } : {};
  const result = await table.transition(event, job.jobId, {
    facts: { ...facts, version: job.version },
    attempt,
    error,
    keptHistory: keptOf(job.history),
    early,
    webhookVersion: job.webhookVersion,
    listeners: to === 'SUCCEEDED' && isTold ? await listenersOf(table, job) : undefined,
    spareDays: hasListeners(job) ? spareDays : undefined,
    changes: { ...ending, ...claim, ...resumed, ...changes },
  });
  // If the race was lost, the record shows another's write, or this writer's own whose answer was lost: it may not have been
  // published. Not awaited: the feed is a hint, and a writer must not wait for it.
  if (result.job !== undefined) {
    tell(feed, result.job, result.durable);
    tellWebhooksSoon(core, result.job, result.durable);
  }
  if (result.ok && isFinal(to)) measureEnd(telemetry, result.job);
  if (result.ok && isTold) rememberSuccess(table, result.job);
  return result;
}

function tell(feed: Pick<Feed, 'publish'>, job: Job, durable: Promise<void> | undefined): void {
  if (durable === undefined) void publishLatest(feed, job);
  // If it never becomes durable, the process ends, and the next one finds what was stored.
  else
    durable.then(
      () => void publishLatest(feed, job),
      () => undefined,
    );
}

/** Undefined while there is room for one more entry. */
function keptOf(history: Job['history'] = []): Job['history'] | undefined {
  return history.length < maxHistory ? undefined : history.slice(1 - maxHistory);
}

function measureEnd(telemetry: Telemetry, { type, status, createdAt, updatedAt }: Job): void {
  telemetry.count('jobsFinished', { type, status });
  telemetry.record('endToEnd', (updatedAt - createdAt) / 1000, { type, status });
}
