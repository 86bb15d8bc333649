/** Bulk operations: one action on many jobs, in the background. */
import type { Connection } from './connection.ts';
import { listNodes } from './listNodes.ts';
import type { JobTicketsErrorCode } from './errorCode.ts';
import type { JobsFilter } from './job.ts';
import { randomKey } from './randomKey.ts';
import { resumed } from './resume.ts';

export type BulkAction = 'RETRY' | 'CANCEL';
export type BulkOperationStatus = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'ABORTED';

/** Times are RFC 3339, in UTC. */
export interface BulkOperation {
  readonly operationId: string;
  readonly action: BulkAction;
  readonly status: BulkOperationStatus;
  /** Grows with each change: pass it as `afterVersion` to resume a watch. */
  readonly version: number;
  /** The owner of the jobs; null: the jobs of all owners. */
  readonly owner: string | null;
  readonly createdBy: string;
  readonly isDryRun: boolean;
  readonly maxPerSecond: number;
  /** Found so far. In the end each is counted in one of the next three fields, unless it is a dry run, or was aborted. */
  readonly matched: number;
  readonly done: number;
  /** Changed by something else meanwhile. */
  readonly skipped: number;
  readonly failed: number;
  readonly errors: readonly { readonly code: JobTicketsErrorCode; readonly count: number }[];
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly abortedAt: string | null;
  readonly finishedAt: string | null;
}

export interface CreateBulkOperationInput {
  /** RETRY: jobs that are FAILED or FAILED_FINAL by now; CANCELLED ones where the filter names that. CANCEL: open jobs. */
  readonly action: BulkAction;
  /** An empty filter is refused. */
  readonly filter: JobsFilter;
  /** Counts the jobs that match, and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** 1 to 1000. Default 100. */
  readonly maxPerSecond?: number | undefined;
  /** Default: a random key, so that a repeat after a lost answer begins nothing twice. */
  readonly idempotencyKey?: string | undefined;
  /** The owner of the jobs; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  /** Jobs of all owners that failed or were cancelled. Needs the scope `admin`. */
  readonly allOwners?: boolean | undefined;
}

const fields = `operationId action status version owner createdBy isDryRun maxPerSecond matched done skipped failed errors { code count }
  createdAt startedAt abortedAt finishedAt`;

export const bulkDocuments = {
  createBulkOperation: `mutation CreateBulkOperation($input: CreateBulkOperationInput!) {
    payload: createBulkOperation(input: $input) { operation { ${fields} } } }`,
  abortBulkOperation: `mutation AbortBulkOperation($input: AbortBulkOperationInput!) {
    payload: abortBulkOperation(input: $input) { operation { ${fields} } } }`,
  bulkOperation: `query BulkOperation($operationId: ID!) { answer: bulkOperation(operationId: $operationId) { ${fields} } }`,
  bulkOperations: `query BulkOperations($owner: String, $first: Int, $after: String) {
    list: bulkOperations(owner: $owner, first: $first, after: $after) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`,
  watchBulkOperation: `subscription WatchBulkOperation($operationId: ID!, $afterVersion: Int) {
    item: bulkOperationChanged(operationId: $operationId, afterVersion: $afterVersion) { ${fields} } }`,
};

/** Both may be repeated without harm. */
export async function changeBulkOperation(
  connection: Connection,
  name: 'createBulkOperation' | 'abortBulkOperation',
  input: object,
  signal: AbortSignal | undefined,
): Promise<BulkOperation> {
  const operation = { query: bulkDocuments[name], variables: { input } };
  return (await connection.request<{ payload: { operation: BulkOperation } }>(operation, { signal })).payload.operation;
}

export function withKey(input: CreateBulkOperationInput): CreateBulkOperationInput {
  return { ...input, idempotencyKey: input.idempotencyKey ?? randomKey() };
}

export interface ListBulkOperationsOptions {
  /** Who created them; default: the caller. Another creator needs the scope `admin`. */
  readonly owner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Newest first. */
export function listBulkOperations(
  connection: Connection,
  { owner, signal }: ListBulkOperationsOptions = {},
): AsyncGenerator<BulkOperation, void, void> {
  return listNodes(connection, { query: bulkDocuments.bulkOperations, variables: { owner, first: 20 }, signal });
}

export interface WatchBulkOperationOptions {
  /** The last version already seen. Default: its present state, then its changes. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Its present state, then each change of its status, and the newest of its counts; ends when the operation has ended. */
export function watchBulkOperation(
  connection: Connection,
  operationId: string,
  { afterVersion, signal }: WatchBulkOperationOptions = {},
): AsyncGenerator<BulkOperation, void, void> {
  return resumed<BulkOperation>(
    connection,
    {
      query: bulkDocuments.watchBulkOperation,
      variables: (seen) => ({ operationId, afterVersion: seen }),
      positionOf: ({ version }) => version,
      isLast: ({ status }) => status === 'COMPLETED' || status === 'ABORTED',
    },
    afterVersion,
    signal,
  );
}
