/**
 * What the file keeps as JSON, read again. Not checked field by field: nothing else writes the file, in the shape that its
 * version says. A schema is made once; making one takes longer than reading a record.
 */
import { z } from 'zod';
import type { Job, JsonValue, QueuedJob } from '../../job.ts';
import type { RawEntry } from '../entries.ts';
import type { IdempotencyLock, SurveyedJob, SweepState } from '../jobTable.ts';

const readerOf =
  <Kept>(schema: z.ZodType<Kept>) =>
  (text: string): Kept =>
    schema.parse(JSON.parse(text));

export const readJob = readerOf(z.custom<Job>());
export const readLock = readerOf(z.custom<IdempotencyLock>());
export const readPayload = readerOf(z.custom<JsonValue>());
export const readSweepState = readerOf(z.custom<SweepState>());
export const readQueuedJob = readerOf(z.custom<QueuedJob>());
export const readEntry = readerOf(z.custom<RawEntry>());
/** A row of a place: its rank, and whose it is. */
export const readPosition = readerOf(z.custom<readonly [string, string]>());

const readSurvey = readerOf(z.custom<readonly [string, string, SurveyedJob['outcome'] | null]>());

export function readSurveyedJob(text: string): SurveyedJob {
  const [jobId, type, outcome] = readSurvey(text);
  return { jobId, type, outcome: outcome ?? undefined };
}
