/** One line that a handler logged for its job, and how lines are numbered within a job. */
import { z } from 'zod';
import type { JsonValue } from './job.ts';
import { anyJson } from './jobType.ts';

export const logLevels = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logLine = z.object({
  /** The attempt’s first line has 1; lines that are not kept count too. */
  line: z.int().positive(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  level: z.enum(logLevels),
  message: z.string(),
  fields: anyJson.optional(),
});

export type LogLine = Readonly<z.infer<typeof logLine>>;

/** The log of a handler: each line goes to the job’s log and to the process’s. Never throws, and never waits. */
export interface JobLogger {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** The lines of one run have numbers below this; so a sequence contains both run and line, and fits into GraphQL’s Int. */
const linesPerRun = 2 ** 20;
/** Later lines are written to the process’s log only. */
export const maxLinesPerRun = linesPerRun - 1;
/** Runs of a job that get a note, over all its generations. Later runs get none. */
export const maxRuns = 2 ** 11;

/** The position of a line in its job: ascending, not contiguous. `run` counts from 0. */
export function sequenceOf(run: number, line: number): number {
  return run * linesPerRun + line;
}

export function placeOf(sequence: number): { readonly run: number; readonly line: number } {
  return { run: Math.floor(sequence / linesPerRun), line: sequence % linesPerRun };
}

const maxMessageLength = 4000;
const maxFieldsBytes = 4096;

/** Any value: a handler may be written without type checks. */
export function cutMessage(given: unknown): string {
  const message = String(given);
  const text = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
  return text.toWellFormed();
}

/** The fields as JSON. Fields that are too large, or not JSON, are replaced by a message that says so: a log line never ends an attempt. */
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
