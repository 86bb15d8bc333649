/**
 * Bulk operations as entries: what is to be done to which jobs, and how far that has come. While it is open, each has a place
 * in the index, ordered by the time at which it should be continued. It is listed by the owner who created it.
 *
 * - page: the jobs that are processed next, with the versions that were read. It is written before the first of them is
 *   touched, and a job is in only one page of an operation: so it is processed once, whichever process is killed.
 * - lease: the process that works on it. It only avoids double work; correctness does not depend on it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JobError } from '../errors.ts';
import { failedStatuses, jobStatuses, type JobStatus } from '../job.ts';
import { dueRank } from '../place.ts';
import { defineEntryKind, type Entry, type EntryDraft } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import type { JobsFilter } from './jobsFilter.ts';
import { mayBeId, maySee, type Caller } from './readJob.ts';

export const bulkActions = ['RETRY', 'CANCEL'] as const;
export type BulkAction = (typeof bulkActions)[number];

export const bulkStatuses = ['PENDING', 'RUNNING', 'COMPLETED', 'ABORTED'] as const;
export type BulkStatus = (typeof bulkStatuses)[number];

/** The states that an action applies to. */
export const actsOn: Readonly<Record<BulkAction, readonly JobStatus[]>> = { RETRY: failedStatuses, CANCEL: ['PENDING', 'PROCESSING'] };
/** Used where the filter names no status: a cancelled job is left out, because somebody meant to cancel it. */
export const meansBy: Readonly<Record<BulkAction, readonly JobStatus[]>> = { RETRY: ['FAILED', 'FAILED_FINAL'], CANCEL: actsOn.CANCEL };

const count = z.int().min(0);

/** A job as it was read: processed only if it has not changed since. */
const planned = z.object({ jobId: z.string(), version: count, generation: count });
export type PlannedJob = Readonly<z.infer<typeof planned>>;

const filterSchema = z.object({
  status: z.array(z.enum(jobStatuses)).readonly().optional(),
  type: z.array(z.string()).readonly().optional(),
  tags: z.array(z.string()).readonly().optional(),
  createdAfter: z.number().optional(),
  createdBefore: z.number().optional(),
  idempotencyKey: z.string().optional(),
  jobIdPrefix: z.string().optional(),
  errorCode: z.string().optional(),
  errorFingerprint: z.string().optional(),
}) satisfies z.ZodType<JobsFilter>;

/** Times are milliseconds since the epoch, in the service's time. */
const bulkOperation = z.object({
  operationId: z.string(),
  /** Who created it. */
  createdBy: z.string(),
  /** The owner of the jobs; absent: all owners. */
  owner: z.string().optional(),
  action: z.enum(bulkActions),
  filter: filterSchema,
  isDryRun: z.boolean(),
  maxPerSecond: z.number(),
  status: z.enum(bulkStatuses),
  /** 1, and 1 more at each change that watchers get. */
  version: count,
  /** Matching jobs found so far; in the end each counts in one of the next three fields. */
  matched: count,
  done: count,
  /** Changed by something else after they were found. */
  skipped: count,
  failed: count,
  /** How often each error was met, by its code. */
  errors: z.record(z.string(), count).readonly(),
  createdAt: z.number(),
  /** The upper end: jobs that were created, or that ended, later are ignored. */
  upTo: z.number(),
  startedAt: z.number().optional(),
  startedVersion: count.optional(),
  abortedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  /** All ids up to this one, in ascending order, are or were in a page. */
  beyond: z.string().optional(),
  isAtEnd: z.boolean(),
  page: z.array(planned).readonly().optional(),
  lease: z.object({ holder: z.string(), until: z.number() }).optional(),
  /** Not before this time: limits the jobs per second. */
  nextAt: z.number(),
});

export type BulkOperation = Readonly<z.infer<typeof bulkOperation>>;
export type KnownOperation = Entry<BulkOperation>;

export const bulkKind = defineEntryKind('bulkOperation', bulkOperation);

/** Under the same key, at the place of its creator. Written before its operation. */
export const listedBulkKind = defineEntryKind('listedBulkOperation', z.object({}));

/** The place of open operations, by the time at which they should be continued. */
export const bulkPlace = 'bulk';

export function bulkListPlace(createdBy: string): string {
  return `bulk#${createHash('sha256').update(createdBy).digest('base64url')}`;
}

export function isOver({ status }: Pick<BulkOperation, 'status'>): boolean {
  return status === 'COMPLETED' || status === 'ABORTED';
}

/** Kept as long as the record of a job that ends now. */
export function bulkDraft(
  { settings }: Pick<Core, 'settings'>,
  operation: BulkOperation,
  now: number,
): Omit<EntryDraft<BulkOperation>, 'key'> {
  const { operationId, lease, nextAt } = operation;
  const rank = dueRank(Math.max(nextAt, lease?.until ?? 0), operationId);
  return {
    value: operation,
    place: isOver(operation) ? undefined : { place: bulkPlace, rank },
    expiresAt: payloadExpiry(now, settings.jobTtlDays),
  };
}

/** @throws {JobError} `BULK_OPERATION_NOT_FOUND`, also for another owner's operation. */
export async function getBulkOperation(
  { table }: { readonly table: Pick<Core['table'], 'entries'> },
  { operationId, ...caller }: Caller & { readonly operationId: string },
): Promise<KnownOperation> {
  const isKey = mayBeId(operationId) && operationId.isWellFormed();
  const entry = isKey ? await table.entries.get(bulkKind, operationId) : undefined;
  if (entry === undefined || !maySee(caller, { owner: entry.value.createdBy })) throw new JobError('BULK_OPERATION_NOT_FOUND');
  return entry;
}
