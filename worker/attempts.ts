/** The attempts of one receive, with backoff between them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';
import { monotonic } from '../core/clock.ts';
import { PermanentError } from '../core/errors.ts';
import type { JsonValue } from '../core/job.ts';
import type { HandlerContext } from '../core/handler.ts';
import { cancelOrphan } from '../core/usecases/cancelChildren.ts';
import { dependenciesOf } from '../core/usecases/endedJobs.ts';
import { objectsOf } from '../core/objectAccess.ts';
import { CancelRequested, ClaimLost, CutOff, follow, ShuttingDown, Starved } from './aborts.ts';
import { runAttempt, type AttemptEnd } from './attempt.ts';
import type { AttemptLogs } from './attemptLog.ts';
import type { Claimed } from './claim.ts';
import type { Lease } from './lease.ts';
import { beginsInTime, nextStartOf } from './begin.ts';
import { loadParams } from './loadParams.ts';
import type { Outcome } from './outcome.ts';
import type { WorkerParts } from './parts.ts';
import type { Progress } from './progress.ts';
import { untilAnswered } from './untilAnswered.ts';
import { createSuspension } from './suspension.ts';
import { createChildren } from './children.ts';
import { createWaits, type Keeping } from './waits.ts';

export interface Held {
  readonly lease: Lease;
  readonly progress: Progress;
  readonly logs: AttemptLogs;
  readonly keeping: Keeping;
}

/** A failure is recorded when it happens, with its due time: a worker that takes over after a kill waits for that time too. */
export async function runAttempts(parts: WorkerParts, claimed: Claimed, { lease, progress, logs, keeping }: Held): Promise<Outcome> {
  const { core, settings, random, stopping, graceOver } = parts;
  const { job, handler, log, now } = claimed;
  const { policy } = handler.type;
  const perReceive = policy.attemptsPerReceive ?? settings.attemptsPerReceive;
  const backoff = { baseMs: policy.backoffBaseMs ?? settings.backoffBaseMs, maxMs: policy.backoffMaxMs ?? settings.backoffMaxMs };
  const objects = objectsOf(parts.objects, settings.objectAccess, job);
  let attempt = job.attempts;
  let failures = job.failures;
  using ending = follow(lease.signal, graceOver);

  let params: JsonValue;
  let dependencies: HandlerContext['dependencies'] = {};
  try {
    const asking = { ask: () => cancelOrphan(core, job), signal: ending.signal };
    if (job.parent !== undefined && (await untilAnswered(parts, asking))) return { kind: 'cancelled', attempt };
    params = await loadParams(parts, claimed, ending.signal);
    if (job.workflow !== undefined)
      dependencies = await untilAnswered(parts, { ask: () => dependenciesOf(core, job), signal: ending.signal });
  } catch (error) {
    if (ending.signal.aborted) return abortedOutcome(ending.signal.reason, attempt);
    if (!(error instanceof PermanentError)) throw error;
    const failure = { code: 'PERMANENT', message: error.message, attempt, at: now() };
    return { kind: 'failedForGood', attempt, failures: failures + 1, error: failure };
  }

  let startAt: number | 'far' | undefined = claimed.permit.start?.at;
  for (let inReceive = 1; ; inReceive += 1) {
    if (!(await beginsInTime(parts, claimed, startAt))) {
      return ending.signal.aborted ? abortedOutcome(ending.signal.reason, attempt) : { kind: 'released', attempt };
    }
    const logged = logs.begin(attempt);
    const suspension = createSuspension();
    const waits = createWaits(parts, claimed, { suspension, attempt, keeping, signal: ending.signal });
    const children = createChildren(parts, claimed, { suspension, keeping, signal: ending.signal });
    const context = {
      signal: ending.signal,
      attempt,
      log: logged.log,
      objects,
      progress: progress.report,
      dependencies,
      ...waits,
      ...children,
    };
    const end = await observed(parts, claimed, attempt, () => runAttempt({ handler, job, params, context, suspension, now, log }));
    logged.end(end);
    if (end.kind === 'returned') return { kind: 'succeeded', attempt, result: end.result };
    if (end.kind === 'aborted') return abortedOutcome(end.reason, attempt);
    if (end.kind === 'suspended') return { kind: 'suspended', attempt, failures, wait: end.wait };
    failures += 1;
    const { error } = end;
    if (end.isPermanent) return { kind: 'failedForGood', attempt, failures, error };
    // The last one: the process that gets the message ends the job.
    if (failures >= job.maxFailures) return { kind: 'failed', attempt, failures, error };

    const delayMs = Math.max(backoffMs(backoff, failures, random), end.retryAfterMs ?? 0);
    const failed = { failures, error, dueAt: (await core.table.time()).high + delayMs };
    if (inReceive >= perReceive) return { kind: 'failed', attempt, ...failed };
    const pausedAt = monotonic();
    await lease.fail(failed);
    using pausing = follow(ending.signal, stopping);
    try {
      await sleep(Math.max(0, pausedAt + delayMs - monotonic()), undefined, { signal: pausing.signal });
    } catch {
      return stoppedOutcome(ending.signal, { kind: 'failed', attempt, ...failed });
    }
    // Taken only now: during the backoff the moment of a start would have passed.
    startAt = await nextStartOf(parts, claimed);
    if (startAt === 'far') return { kind: 'failed', attempt, ...failed };
    attempt += 1;
    void lease.renew({ attempts: attempt, progress: null });
    progress.nextAttempt(attempt, error);
  }
}

function observed(
  { core: { telemetry } }: WorkerParts,
  { job }: Claimed,
  attempt: number,
  run: () => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  const { type, jobId } = job;
  return telemetry.span(
    `attempt ${type}`,
    { attributes: { 'job.id': jobId, 'job.type': type, 'job.attempt': attempt } },
    async (annotate) => {
      const startedAt = monotonic();
      const end = await run();
      telemetry.record('attemptDuration', (monotonic() - startedAt) / 1000, { type, outcome: end.kind });
      annotate({ 'job.outcome': end.kind, ...(end.kind === 'threw' ? { 'error.type': end.error.code } : {}) });
      return end;
    },
  );
}

/** Stopped during a pause. The failure is written, perhaps again (the number is absolute), with its due time, which stays. */
function stoppedOutcome(ending: AbortSignal, failed: Outcome): Outcome {
  const reason: unknown = ending.reason;
  return reason instanceof CancelRequested || reason instanceof ClaimLost ? abortedOutcome(reason, failed.attempt) : failed;
}

function abortedOutcome(reason: unknown, attempt: number): Outcome {
  if (reason instanceof CancelRequested) return { kind: 'cancelled', attempt };
  if (reason instanceof ClaimLost) return { kind: 'claimLost', attempt };
  if (reason instanceof Starved) return { kind: 'starved', attempt };
  if (reason instanceof ShuttingDown || reason instanceof CutOff) return { kind: 'released', attempt };
  throw new Error('a handler was aborted for no known reason', { cause: reason });
}
