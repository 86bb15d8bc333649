/**
 * Reads the JSON in the file. Not checked field by field: nothing else writes the file, and its version defines the shape. A
 * schema is made once; making one takes longer than reading a record.
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
/** A row of a place: its rank, and the id of its job. */
export const readPosition = readerOf(z.custom<readonly [string, string]>());

const readSurvey = readerOf(z.custom<readonly [string, string, SurveyedJob['outcome'] | null]>());

export function readSurveyedJob(text: string): SurveyedJob {
  const [jobId, type, outcome] = readSurvey(text);
  return { jobId, type, outcome: outcome ?? undefined };
}
