/** Runs a handler once, under its timeout, and says how it ended. */
import { PermanentError, RetryLaterError } from '../core/errors.ts';
import type { HandlerContext, JobHandler } from '../core/handler.ts';
import { maxErrorMessageLength, maxResultBytes, type Job, type JobFailure, type JsonValue } from '../core/job.ts';
import type { Log } from '../telemetry/log.ts';
import { ShuttingDown, TimedOut } from './aborts.ts';
import type { Suspension, Wait } from './suspension.ts';

export type AttemptEnd =
  | { readonly kind: 'returned'; readonly result: JsonValue }
  | {
      readonly kind: 'threw';
      readonly error: JobFailure;
      readonly isPermanent: boolean;
      readonly stack?: string | undefined;
      readonly retryAfterMs?: number | undefined;
    }
  /** The handler waits for something, and is run again when that is over. */
  | { readonly kind: 'suspended'; readonly wait: Wait }
  /** The signal given from outside fired; its reason says why. */
  | { readonly kind: 'aborted'; readonly reason: unknown };

export interface AttemptInput {
  readonly handler: JobHandler;
  readonly job: Pick<Job, 'jobId' | 'type'>;
  readonly params: JsonValue;
  readonly context: Omit<HandlerContext, 'idempotencyKey'>;
  /** Records what the handler waits for. */
  readonly suspension: Suspension;
  readonly now: () => number;
  /** The worker's own log. */
  readonly log: Log;
}

/** A handler that runs this long after its signal fired is abandoned, with an error in the log. */
const abandonAfterMs = 10_000;
/** The same while the worker shuts down: its grace time is over by then. */
const abandonAtShutdownMs = 500;

export async function runAttempt({ handler, job, params, context, suspension, now, log }: AttemptInput): Promise<AttemptEnd> {
  const outer = context.signal;
  if (outer.aborted) return { kind: 'aborted', reason: outer.reason };

  const controller = new AbortController();
  const { promise: abandoned, reject: abandon } = Promise.withResolvers<never>();
  let abandoning: NodeJS.Timeout | undefined;
  function stop(reason: unknown): void {
    if (controller.signal.aborted) return;
    controller.abort(reason);
    abandoning = setTimeout(
      () => {
        log.error({ type: job.type }, 'the handler ignores its signal; it is left running and its end is ignored');
        abandon(new TimedOut('the handler was abandoned', { cause: reason }));
      },
      reason instanceof ShuttingDown ? abandonAtShutdownMs : abandonAfterMs,
    );
  }
  const onAbort = (): void => stop(outer.reason);
  outer.addEventListener('abort', onAbort, { once: true });
  const { timeoutSeconds } = handler.type.policy;
  const timeout = setTimeout(() => stop(new TimedOut(`the attempt took longer than ${timeoutSeconds} s`)), timeoutSeconds * 1000);

  const running = suspension.endOf(handler.run(params, { ...context, signal: controller.signal, idempotencyKey: job.jobId }), context.log);
  try {
    const end = await Promise.race([running, abandoned]);
    if (end.kind === 'suspended') return end;
    const { result } = end;
    const bytes = Buffer.byteLength(JSON.stringify(result));
    if (bytes > maxResultBytes)
      throw new PermanentError(`The result has ${bytes} bytes; ${maxResultBytes} are the most. Larger ones belong in S3.`);
    return end;
  } catch (error) {
    if (outer.aborted) return { kind: 'aborted', reason: outer.reason };
    return threw(controller.signal.aborted ? controller.signal.reason : error, { attempt: context.attempt, at: now(), log });
  } finally {
    // Nothing of an attempt may remain: the signals that it listens to live on.
    outer.removeEventListener('abort', onAbort);
    clearTimeout(timeout);
    clearTimeout(abandoning);
    // The handler was abandoned: its end must not become an unhandled rejection.
    running.catch(() => undefined);
  }
}

function threw(cause: unknown, { attempt, at, log }: { readonly attempt: number; readonly at: number; readonly log: Log }): AttemptEnd {
  const isPermanent = cause instanceof PermanentError;
  const code = isPermanent ? 'PERMANENT' : cause instanceof TimedOut ? 'TIMEOUT' : 'ATTEMPT_FAILED';
  const message = (cause instanceof Error ? cause.message : String(cause)).slice(0, maxErrorMessageLength);
  log.info({ failure: cause, code, attempt }, 'an attempt failed');
  return {
    kind: 'threw',
    isPermanent,
    error: { code, message, attempt, at },
    stack: cause instanceof Error ? cause.stack : undefined,
    retryAfterMs: cause instanceof RetryLaterError ? cause.retryAfterMs : undefined,
  };
}
