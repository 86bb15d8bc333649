/** The queries, mutations and the subscription of bulk operations. */
import { getBulkOperation } from '../core/usecases/bulkOperations.ts';
import { abortBulkOperation, createBulkOperation, defaultPerSecond } from '../core/usecases/createBulkOperation.ts';
import { defaultBulkPage, listBulkOperations, maxBulkPage } from '../core/usecases/listBulkOperations.ts';
import { builder } from './builder.ts';
import {
  AbortBulkOperationInputType,
  AbortBulkOperationPayloadType,
  BulkOperationConnectionType,
  BulkOperationType,
  CreateBulkOperationInputType,
  CreateBulkOperationPayloadType,
} from './bulkOperation.ts';
import { jobsFilterOf } from './connection.ts';
import { ownerMeant, ownersMeant } from './context.ts';
import { keyMeant, requireUnambiguousKey } from './idempotencyKey.ts';
import { resumeAfter } from './resume.ts';

const which = { required: true, description: 'Which.' } as const;

builder.queryFields((t) => ({
  bulkOperation: t.field({
    type: BulkOperationType,
    nullable: true,
    description: 'One bulk operation. BULK_OPERATION_NOT_FOUND if it does not exist or is someone else’s.',
    args: { operationId: t.arg.id(which) },
    resolve: async (_root, { operationId }, { core, owner, isAdmin }) =>
      (await getBulkOperation(core, { owner, isAdmin, operationId })).value,
  }),
  bulkOperations: t.field({
    type: BulkOperationConnectionType,
    description: 'The bulk operations that the caller created, newest first, as a Relay connection.',
    args: {
      first: t.arg.int({ description: `Page size, 0 to ${maxBulkPage}; ${defaultBulkPage} if it is not given.` }),
      after: t.arg.string({ description: 'Only operations older than the one at this cursor.' }),
      owner: t.arg.string({
        description: 'Who created them; if left out, the caller. Another creator needs the scope `admin`: else FORBIDDEN.',
      }),
    },
    complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first ?? defaultBulkPage, 0), maxBulkPage) }),
    resolve: (_root, { first, after, owner }, context) =>
      listBulkOperations(context.core, { createdBy: ownerMeant(context, owner), first: first ?? undefined, after: after ?? undefined }),
  }),
}));

builder.mutationFields((t) => ({
  createBulkOperation: t.field({
    type: CreateBulkOperationPayloadType,
    description:
      'Retries or cancels all existing jobs that match a filter, in the background; watch it with `bulkOperationChanged`. Jobs that are created, or that fail, later are not touched.',
    args: { input: t.arg({ type: CreateBulkOperationInputType, required: true, description: 'The action and the jobs.' }) },
    resolve: async (_root, { input }, context, info) => {
      requireUnambiguousKey(context, info);
      await context.spend('jobs', 1);
      const operation = await createBulkOperation(context.core, {
        createdBy: context.owner,
        owner: ownersMeant(context, input),
        action: input.action,
        filter: jobsFilterOf(input.filter),
        isDryRun: input.dryRun ?? false,
        perSecond: input.maxPerSecond ?? defaultPerSecond,
        idempotencyKey: keyMeant(input.idempotencyKey ?? undefined, context.idempotencyKey),
      });
      return { operation };
    },
  }),
  abortBulkOperation: t.field({
    type: AbortBulkOperationPayloadType,
    description:
      'Aborts a bulk operation: the page in progress is the last one. Jobs already processed stay as they are, and so does an operation that has ended.',
    args: { input: t.arg({ type: AbortBulkOperationInputType, ...which }) },
    resolve: async (_root, { input: { operationId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { operation: await abortBulkOperation(core, { owner, isAdmin, operationId }) };
    },
  }),
}));

builder.subscriptionFields((t) => ({
  bulkOperationChanged: t.field({
    type: BulkOperationType,
    description: 'The operation’s present state, then each change of its status, and the newest of its counts, until it has ended.',
    args: {
      operationId: t.arg.id(which),
      afterVersion: t.arg.int({ description: 'Resume after this version: nothing is sent that was sent before.' }),
    },
    subscribe: async (_root, { operationId, afterVersion }, { watches, owner, isAdmin, signal, spend, lastEventId }) => {
      await spend('watches', 1);
      const after = resumeAfter(operationId, afterVersion, lastEventId);
      return watches.bulkOperation({ owner, isAdmin, operationId, afterVersion: after, signal });
    },
    resolve: (operation) => operation,
  }),
}));
