/** Bulk operations as clients ask for them and read them. */
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
        'It begins anew, as with `retryJob`. Of those that had ended when the operation was created: FAILED and FAILED_FINAL ones, CANCELLED ones where `filter.status` names that.',
    },
    CANCEL: { description: 'It is cancelled, as with `cancelJob`: those that wait at once, those that run within a heartbeat.' },
  } satisfies Record<BulkAction, { readonly description: string }>,
});

const BulkOperationStatusType = builder.enumType('BulkOperationStatus', {
  description: 'How a bulk operation stands.',
  values: {
    PENDING: { description: 'Nobody has begun with it yet.' },
    RUNNING: { description: 'Its jobs are acted on, page by page.' },
    COMPLETED: { description: 'It is over: all its jobs were looked at.' },
    ABORTED: { description: 'It is over, before its end.' },
  } satisfies Record<BulkStatus, { readonly description: string }>,
});

const BulkOperationErrorType = builder.objectRef<{ readonly code: string; readonly count: number }>('BulkOperationError').implement({
  description: 'How often jobs could not be acted on for the same reason.',
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
  description: 'Which jobs a bulk operation was created for; see `JobsFilter`.',
  fields: (t) => ({
    status: t.field({
      type: [JobStatusType],
      nullable: true,
      description: 'In one of these states.',
      resolve: ({ status }) => status && [...status],
    }),
    type: t.field({
      type: ['String'],
      nullable: true,
      description: 'Of one of these job types.',
      resolve: ({ type }) => type && [...type],
    }),
    tags: t.field({ type: ['String'], nullable: true, description: 'With all of these tags.', resolve: ({ tags }) => tags && [...tags] }),
    createdAfter: t.expose('createdAfter', { type: 'DateTime', nullable: true, description: 'Handed in at this moment or later.' }),
    createdBefore: t.expose('createdBefore', { type: 'DateTime', nullable: true, description: 'Handed in before this moment.' }),
    idempotencyKey: t.exposeString('idempotencyKey', { nullable: true, description: 'Created with this key.' }),
    jobIdPrefix: t.exposeString('jobIdPrefix', { nullable: true, description: 'Whose id begins so.' }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Whose `error` has this code.' }),
    errorFingerprint: t.exposeString('errorFingerprint', { nullable: true, description: 'Whose `error` is of this kind.' }),
  }),
});

export const BulkOperationType = builder.objectRef<BulkOperation>('BulkOperation').implement({
  description:
    'One thing done to many jobs, in the background. In the end each of the `matched` jobs is `done`, `skipped` or `failed`, unless it is a dry run, or was aborted.',
  fields: (t) => ({
    operationId: t.exposeID('operationId', { description: 'Its id.' }),
    action: t.expose('action', { type: BulkActionType, description: 'What is done to each job.' }),
    status: t.expose('status', { type: BulkOperationStatusType, description: 'How it stands.' }),
    version: t.exposeInt('version', { description: 'Grows with each change. Pass the last one you saw as `afterVersion` to resume.' }),
    filter: t.expose('filter', { type: BulkOperationFilterType, description: 'Which jobs.' }),
    owner: t.exposeString('owner', { nullable: true, description: 'Whose jobs; null: all owners’.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who asked for it.' }),
    isDryRun: t.exposeBoolean('isDryRun', { description: 'Whether it only counts what matches.' }),
    maxPerSecond: t.exposeInt('maxPerSecond', { description: 'How many jobs are acted on in a second, at most.' }),
    matched: t.exposeInt('matched', { description: 'Jobs found so far.' }),
    done: t.exposeInt('done', { description: 'Jobs that were retried, or cancelled, or asked to stop.' }),
    skipped: t.exposeInt('skipped', { description: 'Jobs that somebody else changed between their being found and being acted on.' }),
    failed: t.exposeInt('failed', { description: 'Jobs that could not be acted on; see `errors`.' }),
    errors: t.field({
      type: [BulkOperationErrorType],
      description: 'Why jobs could not be acted on, the most frequent reason first.',
      resolve: ({ errors }) =>
        Object.entries(errors)
          .map(([code, count]) => ({ code, count }))
          .toSorted((a, b) => b.count - a.count),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was created: later jobs, and later ends, are none of its business.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When somebody began with it.' }),
    abortedAt: t.expose('abortedAt', { type: 'DateTime', nullable: true, description: 'When somebody asked for its end.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it was over.' }),
  }),
});

const BulkOperationEdgeType = builder.objectRef<Page<BulkOperation>['edges'][number]>('BulkOperationEdge').implement({
  description: 'One bulk operation of the list, and its place.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place in the list, for `after`.' }),
    node: t.expose('node', { type: BulkOperationType, description: 'The operation.' }),
  }),
});

export const BulkOperationConnectionType = builder.objectRef<Page<BulkOperation>>('BulkOperationConnection').implement({
  description: 'A page of bulk operations, newest first.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [BulkOperationEdgeType], description: 'The operations of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there is more, and where to go on.' }),
  }),
});

export const CreateBulkOperationInputType = builder.inputType('CreateBulkOperationInput', {
  description: 'A bulk operation to begin.',
  fields: (t) => ({
    action: t.field({ type: BulkActionType, required: true, description: 'What to do to each job.' }),
    filter: t.field({
      type: JobsFilterType,
      required: true,
      description: 'Which jobs, of those there are now. An empty filter is refused. States that the action is not for are left out.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Count what matches, and change nothing.' }),
    maxPerSecond: t.int({ description: `How many jobs to act on in a second, 1 to ${maxPerSecond}; ${defaultPerSecond} if left out.` }),
    idempotencyKey: t.string({
      description:
        'A key of the caller’s choice, 1 to 255 characters: while it is remembered (24 hours), the same key with the same input gives the same operation. Or as the header `Idempotency-Key`.',
    }),
    owner: t.string({
      description: 'Whose jobs; left out: the caller’s own. Another’s only with the scope `admin`: else FORBIDDEN.',
    }),
    allOwners: t.boolean({
      defaultValue: false,
      description: 'All owners’, of those that are FAILED, FAILED_FINAL or CANCELLED. Only with the scope `admin`: else FORBIDDEN.',
    }),
  }),
});

export const AbortBulkOperationInputType = builder.inputType('AbortBulkOperationInput', {
  description: 'Which bulk operation to end.',
  fields: (t) => ({ operationId: t.id({ required: true, description: 'Which.' }) }),
});

const bulkPayload = (name: string, description: string) =>
  builder.objectRef<{ readonly operation: BulkOperation }>(name).implement({
    description,
    fields: (t) => ({ operation: t.expose('operation', { type: BulkOperationType, description: 'The operation, as it is now.' }) }),
  });

export const CreateBulkOperationPayloadType = bulkPayload('CreateBulkOperationPayload', 'What became of a bulk operation to begin.');
export const AbortBulkOperationPayloadType = bulkPayload('AbortBulkOperationPayload', 'What became of a bulk operation to end.');
