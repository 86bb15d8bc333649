/**
 * Bulk operations as entries: what is to be done to which jobs, and how far that has come. Each stands at a place by the
 * time from which somebody is to go on with it, as long as it is open, and is listed by who asked for it.
 *
 * - page: the jobs that are about to be acted on, with the versions they were seen in. It is written before the first of
 *   them is touched, and a job comes into one page of an operation and no other: so it is acted on once, whoever is killed.
 * - lease: who works on it. It saves work twice done; what is right does not hang on it.
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

/** What an action can be done to. */
export const actsOn: Readonly<Record<BulkAction, readonly JobStatus[]>> = { RETRY: failedStatuses, CANCEL: ['PENDING', 'PROCESSING'] };
/** Where the filter names no status: who cancelled a job meant it. */
export const meansBy: Readonly<Record<BulkAction, readonly JobStatus[]>> = { RETRY: ['FAILED', 'FAILED_FINAL'], CANCEL: actsOn.CANCEL };

const count = z.int().min(0);

/** A job as it was seen: acted on if it is still so. */
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
  /** Who asked for it. */
  createdBy: z.string(),
  /** Whose jobs it acts on; absent: all owners'. */
  owner: z.string().optional(),
  action: z.enum(bulkActions),
  filter: filterSchema,
  isDryRun: z.boolean(),
  maxPerSecond: z.number(),
  status: z.enum(bulkStatuses),
  /** 1, and 1 more at each change that is told. */
  version: count,
  /** Jobs found so far that match; of each of these one of the next three is told, in the end. */
  matched: count,
  done: count,
  /** Changed by others between being found and being acted on. */
  skipped: count,
  failed: count,
  /** How often each error was met, by its code. */
  errors: z.record(z.string(), count).readonly(),
  createdAt: z.number(),
  /** The upper end: jobs that were created, or ended, later are none of its business. */
  upTo: z.number(),
  startedAt: z.number().optional(),
  startedVersion: count.optional(),
  abortedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  /** Up to this id, ascending, all is in a page, or was. */
  beyond: z.string().optional(),
  isAtEnd: z.boolean(),
  page: z.array(planned).readonly().optional(),
  lease: z.object({ holder: z.string(), until: z.number() }).optional(),
  /** Not before: so many jobs a second. */
  nextAt: z.number(),
});

export type BulkOperation = Readonly<z.infer<typeof bulkOperation>>;
export type KnownOperation = Entry<BulkOperation>;

export const bulkKind = defineEntryKind('bulkOperation', bulkOperation);

/** Under the same key, at the place of who asked for it. Written before its operation. */
export const listedBulkKind = defineEntryKind('listedBulkOperation', z.object({}));

/** Of those that are not over, by the time from which somebody is to go on with them. */
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

/** @throws {JobError} `BULK_OPERATION_NOT_FOUND`, also for another's. */
export async function getBulkOperation(
  { table }: { readonly table: Pick<Core['table'], 'entries'> },
  { operationId, ...caller }: Caller & { readonly operationId: string },
): Promise<KnownOperation> {
  const isKey = mayBeId(operationId) && operationId.isWellFormed();
  const entry = isKey ? await table.entries.get(bulkKind, operationId) : undefined;
  if (entry === undefined || !maySee(caller, { owner: entry.value.createdBy })) throw new JobError('BULK_OPERATION_NOT_FOUND');
  return entry;
}
