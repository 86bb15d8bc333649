/** Bulk operations: the inputs with which clients create them, and the types in which they read them. */
import type { BulkAction, BulkOperation, BulkStatus } from '../core/usecases/bulkOperations.ts';
import { defaultPerSecond, maxPerSecond } from '../core/usecases/createBulkOperation.ts';
import type { JobsFilter } from '../core/usecases/jobsFilter.ts';
import type { Page } from '../core/usecases/listLogs.ts';
import { builder } from './builder.ts';
import { JobsFilterType } from './connection.ts';
import { ErrorCodeType, isErrorCode } from './errorCode.ts';
import { JobStatusType } from './job.ts';
import { PageInfoType } from './pageInfo.ts';

const BulkActionType = builder.enumType('BulkAction', {
  description: 'What is done to each job.',
  values: {
    RETRY: {
      description:
        'It is retried, as with `retryJob`. Of the jobs that had ended when the operation was created: FAILED and FAILED_FINAL ones, and CANCELLED ones where `filter.status` names that.',
    },
    CANCEL: { description: 'It is cancelled, as with `cancelJob`: a waiting job at once, a running job within a heartbeat.' },
  } satisfies Record<BulkAction, { readonly description: string }>,
});

const BulkOperationStatusType = builder.enumType('BulkOperationStatus', {
  description: 'The state of a bulk operation.',
  values: {
    PENDING: { description: 'Not begun yet.' },
    RUNNING: { description: 'Its jobs are being processed, page by page.' },
    COMPLETED: { description: 'Ended: all its jobs were looked at.' },
    ABORTED: { description: 'Ended early, by `abortBulkOperation`.' },
  } satisfies Record<BulkStatus, { readonly description: string }>,
});

const BulkOperationErrorType = builder.objectRef<{ readonly code: string; readonly count: number }>('BulkOperationError').implement({
  description: 'How many jobs could not be processed for the same reason.',
  fields: (t) => ({
    code: t.field({
      type: ErrorCodeType,
      description: 'The reason.',
      resolve: ({ code }) => (isErrorCode(code) ? code : 'INTERNAL_SERVER_ERROR'),
    }),
    count: t.exposeInt('count', { description: 'How many jobs.' }),
  }),
});

const BulkOperationFilterType = builder.objectRef<JobsFilter>('BulkOperationFilter').implement({
  description: 'The jobs that a bulk operation was created for; see `JobsFilter`.',
  fields: (t) => ({
    status: t.field({
      type: [JobStatusType],
      nullable: true,
      description: 'Jobs in one of these states.',
      resolve: ({ status }) => status && [...status],
    }),
    type: t.field({
      type: ['String'],
      nullable: true,
      description: 'Jobs of one of these types.',
      resolve: ({ type }) => type && [...type],
    }),
    tags: t.field({
      type: ['String'],
      nullable: true,
      description: 'Jobs with all of these tags.',
      resolve: ({ tags }) => tags && [...tags],
    }),
    createdAfter: t.expose('createdAfter', { type: 'DateTime', nullable: true, description: 'Jobs handed in at this moment or later.' }),
    createdBefore: t.expose('createdBefore', { type: 'DateTime', nullable: true, description: 'Jobs handed in before this moment.' }),
    idempotencyKey: t.exposeString('idempotencyKey', { nullable: true, description: 'The job created with this key.' }),
    jobIdPrefix: t.exposeString('jobIdPrefix', { nullable: true, description: 'Jobs whose id begins with this text.' }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Jobs whose `error` has this code.' }),
    errorFingerprint: t.exposeString('errorFingerprint', { nullable: true, description: 'Jobs whose `error` is of this kind.' }),
  }),
});

export const BulkOperationType = builder.objectRef<BulkOperation>('BulkOperation').implement({
  description:
    'One action on many jobs, carried out in the background. In the end each of the `matched` jobs is `done`, `skipped` or `failed`, unless it is a dry run or was aborted.',
  fields: (t) => ({
    operationId: t.exposeID('operationId', { description: 'Its id.' }),
    action: t.expose('action', { type: BulkActionType, description: 'What is done to each job.' }),
    status: t.expose('status', { type: BulkOperationStatusType, description: 'Its state.' }),
    version: t.exposeInt('version', { description: 'Grows with each change. Pass the last version you saw as `afterVersion` to resume.' }),
    filter: t.expose('filter', { type: BulkOperationFilterType, description: 'Which jobs.' }),
    owner: t.exposeString('owner', { nullable: true, description: 'The owner of the jobs; null: the jobs of all owners.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who created it.' }),
    isDryRun: t.exposeBoolean('isDryRun', { description: 'Whether it only counts what matches.' }),
    maxPerSecond: t.exposeInt('maxPerSecond', { description: 'The most jobs that are processed per second.' }),
    matched: t.exposeInt('matched', { description: 'Jobs found so far.' }),
    done: t.exposeInt('done', { description: 'Jobs that were retried, cancelled, or asked to stop.' }),
    skipped: t.exposeInt('skipped', { description: 'Jobs that something else changed after they were found.' }),
    failed: t.exposeInt('failed', { description: 'Jobs that could not be processed; see `errors`.' }),
    errors: t.field({
      type: [BulkOperationErrorType],
      description: 'Why jobs could not be processed, the most frequent reason first.',
      resolve: ({ errors }) =>
        Object.entries(errors)
          .map(([code, count]) => ({ code, count }))
          .toSorted((a, b) => b.count - a.count),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was created. It ignores jobs that were created, or that ended, later.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When processing began.' }),
    abortedAt: t.expose('abortedAt', { type: 'DateTime', nullable: true, description: 'When somebody asked to abort it.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
  }),
});

const BulkOperationEdgeType = builder.objectRef<Page<BulkOperation>['edges'][number]>('BulkOperationEdge').implement({
  description: 'One bulk operation of a list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after`.' }),
    node: t.expose('node', { type: BulkOperationType, description: 'The operation.' }),
  }),
});

export const BulkOperationConnectionType = builder.objectRef<Page<BulkOperation>>('BulkOperationConnection').implement({
  description: 'A page of bulk operations, newest first.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [BulkOperationEdgeType], description: 'The operations of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});

export const CreateBulkOperationInputType = builder.inputType('CreateBulkOperationInput', {
  description: 'A bulk operation to create.',
  fields: (t) => ({
    action: t.field({ type: BulkActionType, required: true, description: 'What to do to each job.' }),
    filter: t.field({
      type: JobsFilterType,
      required: true,
      description: 'Which of the existing jobs. An empty filter is refused. States that the action does not apply to are ignored.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Only count the jobs that match, and change nothing.' }),
    maxPerSecond: t.int({ description: `How many jobs to process per second, 1 to ${maxPerSecond}; ${defaultPerSecond} if left out.` }),
    idempotencyKey: t.string({
      description:
        'A key of the caller’s choice, 1 to 255 characters. While the key is remembered (24 hours), the same key with the same input returns the same operation. Can also be sent as the header `Idempotency-Key`.',
    }),
    owner: t.string({
      description: 'The owner of the jobs; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.',
    }),
    allOwners: t.boolean({
      defaultValue: false,
      description: 'Jobs of all owners, of those that are FAILED, FAILED_FINAL or CANCELLED. Needs the scope `admin`: else FORBIDDEN.',
    }),
  }),
});

export const AbortBulkOperationInputType = builder.inputType('AbortBulkOperationInput', {
  description: 'The bulk operation to abort.',
  fields: (t) => ({ operationId: t.id({ required: true, description: 'Which.' }) }),
});

const bulkPayload = (name: string, description: string) =>
  builder.objectRef<{ readonly operation: BulkOperation }>(name).implement({
    description,
    fields: (t) => ({ operation: t.expose('operation', { type: BulkOperationType, description: 'The operation, as it is now.' }) }),
  });

export const CreateBulkOperationPayloadType = bulkPayload('CreateBulkOperationPayload', 'The result of `createBulkOperation`.');
export const AbortBulkOperationPayloadType = bulkPayload('AbortBulkOperationPayload', 'The result of `abortBulkOperation`.');
