/** Creates and aborts bulk operations. Their work is done in the background, by workers and the sweeper. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { JobError } from '../errors.ts';
import { maxIdempotencyKeyLength } from '../job.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { defineEntryKind, entryKey } from '../table/entries.ts';
import { badInput, requireText } from '../text.ts';
import {
  actsOn,
  bulkDraft,
  bulkKind,
  bulkListPlace,
  getBulkOperation,
  isOver,
  listedBulkKind,
  meansBy,
  type BulkAction,
  type BulkOperation,
} from './bulkOperations.ts';
import type { Core } from './core.ts';
import type { JobsFilter } from './jobsFilter.ts';
import { checkScope } from './listJobs.ts';
import type { Caller } from './readJob.ts';
import { tellOfBulk } from './watchBulkOperation.ts';

export const defaultPerSecond = 100;
export const maxPerSecond = 1000;

export interface CreateBulkOperationRequest {
  readonly createdBy: string;
  /** The owner of the jobs; undefined: all owners, see `listJobs`. */
  readonly owner: string | undefined;
  readonly action: BulkAction;
  readonly filter: JobsFilter;
  readonly isDryRun: boolean;
  /** Jobs processed in any second: 1 to 1000. */
  readonly perSecond: number;
  /** The same key with the same input returns the same operation while the key is remembered, as for jobs. */
  readonly idempotencyKey?: string | undefined;
}

type BulkCore = Pick<Core, 'settings' | 'newJobId' | 'feed'> & { readonly table: Pick<Core['table'], 'time' | 'entries'> };

/** @throws {JobError} `BAD_USER_INPUT`, with nothing written; `IDEMPOTENCY_KEY_REUSED`; `TABLE_UNAVAILABLE`. */
export async function createBulkOperation(core: BulkCore, request: CreateBulkOperationRequest): Promise<BulkOperation> {
  const { createdBy, owner, action, isDryRun, perSecond } = request;
  const filter = checkedFilter(request);
  if (!Number.isInteger(perSecond) || perSecond < 1 || perSecond > maxPerSecond) {
    throw badInput(`is 1 to ${maxPerSecond}`, ['maxPerSecond']);
  }
  const now = await core.table.time();
  const operationId = await idOf(core, request, now.low);
  const operation: BulkOperation = {
    operationId,
    createdBy,
    owner,
    action,
    filter,
    isDryRun,
    maxPerSecond: perSecond,
    status: 'PENDING',
    version: 1,
    matched: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    errors: {},
    createdAt: now.at,
    upTo: now.high,
    isAtEnd: false,
    nextAt: now.low,
  };
  const draft = bulkDraft(core, operation, now.at);
  const listed = { place: bulkListPlace(createdBy), rank: operationId };
  await core.table.entries.put(listedBulkKind, { key: operationId, value: {}, place: listed, expiresAt: draft.expiresAt });
  const { ok, entry } = await core.table.entries.create(bulkKind, { key: operationId, ...draft });
  if (entry === undefined) throw new JobError('TABLE_UNAVAILABLE');
  return ok ? operation : entry.value;
}

/**
 * Nothing more is acted on from the page after this one; one that is over stays as it is.
 * @throws {JobError} `BULK_OPERATION_NOT_FOUND`, `TABLE_UNAVAILABLE`.
 */
export async function abortBulkOperation(core: BulkCore, which: Caller & { readonly operationId: string }): Promise<BulkOperation> {
  const known = await getBulkOperation(core, which);
  const now = await core.table.time();
  const entry = await changeEntry(core.table.entries, bulkKind, known.key, (present) => {
    if (present === undefined || isOver(present.value) || present.value.abortedAt !== undefined) return 'keep';
    return bulkDraft(core, aborted(present.value, now.at), now.at);
  });
  if (entry === undefined) throw new JobError('BULK_OPERATION_NOT_FOUND');
  tellOfBulk(core.feed, entry.value);
  return entry.value;
}

/** The process that works on a page records its results, and then ends the operation. */
function aborted(operation: BulkOperation, at: number): BulkOperation {
  const { version, page, abortedAt = at } = operation;
  if (page !== undefined) return { ...operation, abortedAt, version: version + 1 };
  return { ...operation, abortedAt, status: 'ABORTED', version: version + 1, finishedAt: at, lease: undefined };
}

/** With the states that the action applies to. @throws {JobError} `BAD_USER_INPUT`. */
function checkedFilter({ owner, action, filter }: CreateBulkOperationRequest): JobsFilter {
  if (narrowsNothing(filter)) {
    throw badInput('is empty: say which jobs are meant, if only by `status` or `createdBefore`', ['filter']);
  }
  const { status } = filter;
  const meant = status === undefined ? meansBy[action] : status.filter((one) => actsOn[action].includes(one));
  if (meant.length === 0 && status !== undefined && status.length > 0) {
    throw badInput(`names no state that ${action} acts on, which are ${actsOn[action].join(', ')}`, ['filter', 'status']);
  }
  const checked = { ...filter, status: meant };
  checkScope({ owner, filter: checked });
  return checked;
}

/** Empty lists of states or types match nothing, but an empty list of tags matches all. */
function narrowsNothing({ tags = [], jobIdPrefix = '', ...others }: JobsFilter): boolean {
  return tags.length === 0 && jobIdPrefix === '' && Object.values(others).every((value) => value === undefined);
}

const keyKind = defineEntryKind('bulkOperationKey', z.object({ operationId: z.string(), requestHash: z.string() }));

/** The id of its key, if it has one: a repeated call continues where the first one was killed. */
async function idOf(core: BulkCore, request: CreateBulkOperationRequest, now: number): Promise<string> {
  const { createdBy, idempotencyKey, ...asked } = request;
  const fresh = core.newJobId(Math.trunc(now));
  if (idempotencyKey === undefined) return fresh;
  requireText(idempotencyKey, ['idempotencyKey']);
  if (idempotencyKey.length === 0 || idempotencyKey.length > maxIdempotencyKeyLength) {
    throw badInput(`has 1 to ${maxIdempotencyKeyLength} characters`, ['idempotencyKey']);
  }
  const requestHash = createHash('sha256')
    .update(canonicalize(asked) ?? '')
    .digest('base64url');
  const ttlSeconds = Math.min(core.settings.idempotencyTtlSeconds, core.settings.jobTtlDays * 86_400);
  const key = createHash('sha256').update(entryKey(createdBy, idempotencyKey)).digest('base64url');
  const draft = { key, value: { operationId: fresh, requestHash }, expiresAt: Math.floor(now / 1000) + ttlSeconds };
  const { entry } = await core.table.entries.create(keyKind, draft);
  if (entry === undefined) throw new JobError('TABLE_UNAVAILABLE');
  if (entry.value.requestHash !== requestHash) throw new JobError('IDEMPOTENCY_KEY_REUSED');
  return entry.value.operationId;
}
