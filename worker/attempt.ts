/** Runs a handler once, under its timeout, and says how it ended. */
import { PermanentError } from '../core/errors.ts';
import type { HandlerContext, JobHandler } from '../core/handler.ts';
import { maxErrorMessageLength, maxResultBytes, type Job, type JobFailure, type JsonValue } from '../core/job.ts';
import { TimedOut } from './aborts.ts';

export type AttemptEnd =
  | { readonly kind: 'returned'; readonly result: JsonValue }
  | { readonly kind: 'threw'; readonly error: JobFailure; readonly isPermanent: boolean }
  /** The signal given from outside fired; its reason tells why. */
  | { readonly kind: 'aborted'; readonly reason: unknown };

export interface AttemptInput {
  readonly handler: JobHandler;
  readonly job: Pick<Job, 'jobId' | 'type'>;
  readonly params: JsonValue;
  readonly context: Omit<HandlerContext, 'idempotencyKey'>;
  readonly now: () => number;
  /** A handler that goes on for so long after its signal fired is left behind, with an error in the log. */
  readonly abandonAfterMs: number;
}

export async function runAttempt(input: AttemptInput): Promise<AttemptEnd> {
  const { handler, context, now } = input;
  const timeout = new AbortController();
  const timeoutSeconds = handler.type.policy.timeoutSeconds;
  const timer = setTimeout(() => timeout.abort(new TimedOut(`the attempt took longer than ${timeoutSeconds} s`)), timeoutSeconds * 1000);
  const signal = AbortSignal.any([context.signal, timeout.signal]);
  try {
    const result = await abandonable({ ...input, context: { ...context, signal } });
    const bytes = Buffer.byteLength(JSON.stringify(result));
    if (bytes > maxResultBytes)
      throw new PermanentError(`The result has ${bytes} bytes; ${maxResultBytes} are the most. Larger ones belong into S3.`);
    return { kind: 'returned', result };
  } catch (error) {
    if (context.signal.aborted) return { kind: 'aborted', reason: context.signal.reason };
    const cause: unknown = timeout.signal.aborted ? timeout.signal.reason : error;
    const isPermanent = cause instanceof PermanentError;
    const code = isPermanent ? 'PERMANENT' : cause instanceof TimedOut ? 'TIMEOUT' : 'ATTEMPT_FAILED';
    const message = (cause instanceof Error ? cause.message : String(cause)).slice(0, maxErrorMessageLength);
    context.log.info({ failure: cause, code, attempt: context.attempt }, 'an attempt failed');
    return { kind: 'threw', isPermanent, error: { code, message, attempt: context.attempt, at: now() } };
  } finally {
    clearTimeout(timer);
  }
}

/** The handler's own end, or, some time after its signal fired, the signal's reason. */
async function abandonable({ handler, job, params, context, abandonAfterMs }: AttemptInput): Promise<JsonValue> {
  const { signal, log } = context;
  const running = handler.run(params, { ...context, idempotencyKey: job.jobId });
  let timer: NodeJS.Timeout | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        timer = setTimeout(() => {
          log.error({ type: job.type }, 'the handler ignores its signal; it is left running and its end is ignored');
          reject(new TimedOut('the handler was left behind', { cause: signal.reason }));
        }, abandonAfterMs);
      },
      { once: true },
    );
  });
  try {
    return await Promise.race([running, abandoned]);
  } finally {
    clearTimeout(timer);
    // Left behind: its end must not become an unhandled rejection.
    running.catch(() => undefined);
  }
}
