/** The attempts of one receive, with backoff between them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';
import { PermanentError } from '../core/errors.ts';
import type { Job, JobFailure, JsonValue } from '../core/job.ts';
import { CancelRequested, ClaimLost, ShuttingDown } from './aborts.ts';
import { runAttempt, type AttemptEnd } from './attempt.ts';
import type { ClaimedWork } from './claimedWork.ts';
import type { Heartbeat } from './heartbeat.ts';
import { loadParams } from './loadParams.ts';
import type { Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';

export interface Running {
  readonly heartbeat: Heartbeat;
  readonly progress: Progress;
  /** Fires on cancel, a lost claim, and the end of the grace time. */
  readonly signal: AbortSignal;
}

/** A handler that ignores its signal for so long is left behind. */
const abandonAfterMs = 10_000;

export async function runAttempts(work: ClaimedWork, { heartbeat, progress, signal }: Running): Promise<Outcome> {
  const { core, handlers, objects, settings, job, log, message, random, stopping } = work;
  const { type } = job;
  const now = (): number => core.clock.now();
  let attempt = job.attempts;
  const handler = handlers.get(type);
  if (handler === undefined) {
    // A newer version of the workers may know it: they get their chance before the dead-letter queue.
    const error = { code: 'UNKNOWN_JOB_TYPE', message: `This worker knows no job type ${type}.`, attempt, at: now() };
    return { kind: 'failed', attempt, error, delayMs: settings.backoffMaxMs };
  }
  const { policy } = handler.type;
  const perReceive = policy.attemptsPerReceive ?? settings.attemptsPerReceive;
  const budget = perReceive * settings.maxReceiveCount;
  const backoff = { baseMs: policy.backoffBaseMs ?? settings.backoffBaseMs, maxMs: policy.backoffMaxMs ?? settings.backoffMaxMs };
  if (attempt > budget) return { kind: 'failedForGood', attempt, error: job.error ?? exhausted(job, now()) };

  let params: JsonValue;
  try {
    params = await loadParams(work, signal);
  } catch (error) {
    if (signal.aborted) return abortedOutcome(signal.reason, attempt);
    if (!(error instanceof PermanentError)) throw error;
    return { kind: 'failedForGood', attempt, error: { code: 'PERMANENT', message: error.message, attempt, at: now() } };
  }

  for (let inReceive = 1; ; inReceive += 1) {
    const context = { signal, attempt, log, objects, progress: progress.report };
    const end = await observed(work, attempt, () => runAttempt({ handler, job, params, context, now, abandonAfterMs }));
    if (end.kind === 'returned') return { kind: 'succeeded', attempt, result: end.result };
    if (end.kind === 'aborted') return abortedOutcome(end.reason, attempt);
    if (end.isPermanent) return { kind: 'failedForGood', attempt, error: end.error };

    const delayMs = backoffMs(backoff, attempt, random);
    if (inReceive >= perReceive || attempt >= budget) {
      // After the last receive the message is given back at once, so that SQS moves it to the dead-letter queue.
      const isLast = message.receiveCount >= settings.maxReceiveCount;
      return { kind: 'failed', attempt, error: end.error, delayMs: isLast ? 0 : delayMs };
    }
    try {
      await sleep(delayMs, undefined, { signal: AbortSignal.any([signal, stopping]) });
    } catch {
      // Shutting down: another worker makes the next attempt.
      return signal.aborted ? abortedOutcome(signal.reason, attempt) : { kind: 'failed', attempt, error: end.error, delayMs: 0 };
    }
    const next = attempt + 1;
    if (!(await heartbeat.renew({ attempts: next, error: end.error }))) return { kind: 'claimLost', attempt };
    progress.nextAttempt(next, end.error);
    attempt = next;
  }
}

function observed({ core: { telemetry, clock }, job }: ClaimedWork, attempt: number, run: () => Promise<AttemptEnd>): Promise<AttemptEnd> {
  const { type, jobId } = job;
  return telemetry.span(
    `attempt ${type}`,
    { attributes: { 'job.id': jobId, 'job.type': type, 'job.attempt': attempt } },
    async (annotate) => {
      const startedAt = clock.now();
      const end = await run();
      telemetry.record('attemptDuration', (clock.now() - startedAt) / 1000, { type, outcome: end.kind });
      annotate({ 'job.outcome': end.kind, ...(end.kind === 'threw' ? { 'error.type': end.error.code } : {}) });
      return end;
    },
  );
}

function abortedOutcome(reason: unknown, attempt: number): Outcome {
  if (reason instanceof CancelRequested) return { kind: 'cancelled', attempt };
  if (reason instanceof ClaimLost) return { kind: 'claimLost', attempt };
  if (reason instanceof ShuttingDown) return { kind: 'released', attempt };
  throw new Error('a handler was aborted for no known reason', { cause: reason });
}

/** Claims that ended without a word used up the attempts: the workers were killed. */
function exhausted({ attempts }: Job, at: number): JobFailure {
  return { code: 'ATTEMPTS_EXHAUSTED', message: 'Workers ended in the middle of each attempt.', attempt: attempts - 1, at };
}
