/** Structured logs: one JSON line each, with `traceId` and `jobId` wherever there is one. */
import { pino, type Logger } from 'pino';

export type Log = Logger;

/**
 * Params, results and tokens are never logged. Errors are logged as `error` with their causes; errors of handlers, whose
 * messages may quote params, as `failure` without the message: the job's owner reads it in the job.
 */
export function createLog(
  { level, part }: { readonly level: string; readonly part: string },
  destination?: { write(line: string): void },
): Log {
  const options = {
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError, failure: describeFailure },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

interface Described {
  readonly type: string;
  readonly message?: string;
  readonly code?: string;
  readonly stack: string;
  readonly cause?: Described;
  readonly errors?: readonly Described[];
}

/** Only chosen fields: libraries attach requests, answers and whole records to their errors. */
function describeError(error: unknown): Described {
  return describe(error, true, maxCauses);
}

function describeFailure(error: unknown): Described {
  return describe(error, false, maxCauses);
}

const maxCauses = 5;

function describe(error: unknown, saysMessage: boolean, depth: number): Described {
  if (!(error instanceof Error)) return { type: typeof error, stack: '', ...(saysMessage ? { message: String(error) } : {}) };
  const inner = (value: unknown): Described => describe(value, saysMessage, depth - 1);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...(saysMessage ? { message: error.message } : {}),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    stack: frames.join('\n'),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: inner(error.cause) }),
    ...(error instanceof AggregateError && depth > 0 ? { errors: error.errors.map(inner) } : {}),
  };
}
