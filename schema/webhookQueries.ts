/** The queries of webhooks. */
import { defaultPageSize, maxPageSize } from '../core/usecases/listJobs.ts';
import { listDeliveries } from '../core/usecases/webhookDeliveries.ts';
import { defaultWebhooksPage, listWebhooks } from '../core/usecases/webhooks.ts';
import { maxWebhookEndpoints } from '../core/webhook.ts';
import { builder } from './builder.ts';
import { ownerMeant } from './context.ts';
import { JobStatusType } from './job.ts';
import { WebhookDeliveryConnectionType, WebhookEndpointConnectionType } from './webhook.ts';

const WebhookDeliveriesFilterType = builder.inputType('WebhookDeliveriesFilter', {
  description: 'A filter for deliveries; all its fields must match.',
  fields: (t) => ({
    endpointId: t.id({ description: 'Deliveries to this endpoint, also where it was deleted.' }),
    jobId: t.id({ description: 'Deliveries of this job’s transitions.' }),
    workflowId: t.id({ description: 'Deliveries of this workflow’s ends.' }),
    status: t.field({ type: [JobStatusType], description: 'Deliveries in any of these states.' }),
  }),
});

const ownerArgument = 'The owner of the endpoints; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.';

builder.queryFields((t) => ({
  webhookEndpoints: t.field({
    type: WebhookEndpointConnectionType,
    description: 'The caller’s webhook endpoints, the oldest first, as a Relay connection.',
    args: {
      first: t.arg.int({ description: `Page size, 0 to ${maxWebhookEndpoints}; ${defaultWebhooksPage} if it is not given.` }),
      after: t.arg.string({ description: 'Only endpoints after the one at this cursor.' }),
      owner: t.arg.string({ description: ownerArgument }),
    },
    complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first ?? defaultWebhooksPage, 0), maxWebhookEndpoints) }),
    resolve: (_root, { first, after, owner }, context) =>
      listWebhooks(context.core, { owner: ownerMeant(context, owner), first: first ?? defaultWebhooksPage, after: after ?? undefined }),
  }),
  webhookDeliveries: t.field({
    type: WebhookDeliveryConnectionType,
    description: 'Deliveries to the caller’s endpoints, the newest events first, as a Relay connection.',
    args: {
      filter: t.arg({ type: WebhookDeliveriesFilterType, description: 'Which deliveries to list.' }),
      first: t.arg.int({ description: `Page size, 0 to ${maxPageSize}; ${defaultPageSize} if it is not given.` }),
      after: t.arg.string({ description: 'Only deliveries older than the one at this cursor.' }),
      owner: t.arg.string({ description: ownerArgument }),
    },
    complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first ?? defaultPageSize, 0), maxPageSize) }),
    resolve: (_root, { filter, first, after, owner }, context) =>
      listDeliveries(context.core, {
        owner: ownerMeant(context, owner),
        filter: {
          endpointId: filter?.endpointId ?? undefined,
          jobId: filter?.jobId ?? undefined,
          workflowId: filter?.workflowId ?? undefined,
          status: filter?.status ?? undefined,
        },
        first: first ?? undefined,
        after: after ?? undefined,
        signal: context.signal,
      }),
  }),
}));
