/** One line that a handler logged for its job, and how lines are counted within a job. */
import { z } from 'zod';
import type { JsonValue } from './job.ts';
import { anyJson } from './jobType.ts';

export const logLevels = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logLine = z.object({
  /** 1 for an attempt’s first, counting those that are not kept. */
  line: z.int().positive(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  level: z.enum(logLevels),
  message: z.string(),
  fields: anyJson.optional(),
});

export type LogLine = Readonly<z.infer<typeof logLine>>;

/** What a handler logs with: the line goes to the job’s log and to the process’s. Never throws, and costs no wait. */
export interface JobLogger {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Lines of one run have numbers below this; so a sequence says the run and the line, and fits into GraphQL’s Int. */
const linesPerRun = 2 ** 20;
/** Lines after it are in the process’s log alone. */
export const maxLinesPerRun = linesPerRun - 1;
/** Noted runs of a job, over all its generations. Those after them are not noted. */
export const maxRuns = 2 ** 11;

/** Where a line stands in its job: ascending, not contiguous. `run` counts from 0. */
export function sequenceOf(run: number, line: number): number {
  return run * linesPerRun + line;
}

export function placeOf(sequence: number): { readonly run: number; readonly line: number } {
  return { run: Math.floor(sequence / linesPerRun), line: sequence % linesPerRun };
}

const maxMessageLength = 4000;
const maxFieldsBytes = 4096;

/** Whatever it is: a handler may not be checked by types. */
export function cutMessage(given: unknown): string {
  const message = String(given);
  const text = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
  return text.toWellFormed();
}

/** As JSON says them. What is too large, or is no JSON, is told instead of kept: a log ends no attempt. */
export function loggedFields(fields: object | undefined): JsonValue | undefined {
  if (fields === undefined) return undefined;
  try {
    const json = JSON.stringify(fields);
    const bytes = Buffer.byteLength(json);
    return bytes > maxFieldsBytes ? { omitted: `${bytes} bytes` } : anyJson.parse(JSON.parse(json));
  } catch {
    return { omitted: 'not JSON' };
  }
}
