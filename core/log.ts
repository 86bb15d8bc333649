/** Structured logs: one JSON line each, with `traceId` and `jobId` wherever there is one. */
import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Params, results and tokens are never logged; errors are, with their causes. */
export function createLog(
  { level, part }: { readonly level: string; readonly part: string },
  destination?: { write(line: string): void },
): Log {
  const options = {
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
