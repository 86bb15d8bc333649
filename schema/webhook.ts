/** Webhook endpoints and deliveries, as clients read them. */
import { isFinal, type Job } from '../core/job.ts';
import type { JobPage } from '../core/usecases/listJobs.ts';
import type { Page } from '../core/usecases/listLogs.ts';
import { paramsOfDelivery } from '../core/usecases/webhookDeliveries.ts';
import type { Core } from '../core/usecases/core.ts';
import { deliverWebhook, eventIdOf, eventTypeOf, type DeliveryParams, type WebhookEndpoint } from '../core/webhook.ts';
import { builder } from './builder.ts';
import { JobFailureType, JobStatusType } from './job.ts';
import { PageInfoType } from './pageInfo.ts';
import { WorkflowStatusType } from './workflow.ts';

export const WebhookEndpointType = builder.objectRef<WebhookEndpoint>('WebhookEndpoint').implement({
  description:
    'A URL to which transitions of its owner’s jobs, and ends of workflows, are sent, as specified by Standard Webhooks. Its secret is shown when it is created, and never again.',
  fields: (t) => ({
    endpointId: t.exposeID('endpointId', { description: 'Its id.' }),
    url: t.exposeString('url', { description: 'The URL that events are sent to.' }),
    statuses: t.field({
      type: [JobStatusType],
      description: 'Transitions to these statuses are sent.',
      resolve: ({ statuses }) => [...statuses],
    }),
    workflowStatuses: t.field({
      type: [WorkflowStatusType],
      description: 'Ends of workflows with these statuses are sent.',
      resolve: ({ workflowStatuses }) => [...workflowStatuses],
    }),
    types: t.stringList({
      nullable: true,
      description: 'Only for jobs of these types; null: all.',
      resolve: ({ types }) => (types === undefined ? null : [...types]),
    }),
    tags: t.stringList({ description: 'Only for jobs and workflows with all of these tags.', resolve: ({ tags }) => [...tags] }),
    isEnabled: t.boolean({ description: 'Whether events are sent to it.', resolve: ({ disabled }) => disabled === undefined }),
    disabledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was disabled.',
      resolve: ({ disabled }) => disabled?.at ?? null,
    }),
    disabledReason: t.string({
      nullable: true,
      description: 'Why it was disabled: its receiver answered 410, or its owner disabled it.',
      resolve: ({ disabled }) => disabled?.reason ?? null,
    }),
    oldSecretUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until then events are signed with the previous secret, too.',
      resolve: ({ secrets: [, old] }) => old?.until ?? null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its owner last changed it.' }),
  }),
});

const WebhookEndpointEdgeType = builder.objectRef<Page<WebhookEndpoint>['edges'][number]>('WebhookEndpointEdge').implement({
  description: 'One endpoint of the list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after`.' }),
    node: t.expose('node', { type: WebhookEndpointType, description: 'The endpoint.' }),
  }),
});

export const WebhookEndpointConnectionType = builder.objectRef<Page<WebhookEndpoint>>('WebhookEndpointConnection').implement({
  description: 'A page of endpoints, the oldest first.',
  fields: (t) => ({
    edges: t.field({ type: [WebhookEndpointEdgeType], description: 'The endpoints of this page.', resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});

export interface ShownDelivery {
  readonly delivery: Job;
  readonly event: DeliveryParams;
}

export async function shownDelivery(core: Pick<Core, 'table'>, delivery: Job): Promise<ShownDelivery> {
  return { delivery, event: await paramsOfDelivery(core, delivery) };
}

/** The status of the last answer, where that was a success. */
function answeredStatus({ result }: Job): number | null {
  return result?.kind === 'inline' ? (deliverWebhook.result.safeParse(result.value).data?.status ?? null) : null;
}

export const WebhookDeliveryType = builder.objectRef<ShownDelivery>('WebhookDelivery').implement({
  description: 'One event that is sent to one endpoint. It is a job of its own, which is tried again for some 18 hours.',
  fields: (t) => ({
    deliveryId: t.id({ description: 'Its id.', resolve: ({ delivery }) => delivery.jobId }),
    endpointId: t.id({ description: 'The endpoint that it is sent to.', resolve: ({ event }) => event.endpointId }),
    webhookId: t.string({
      description: 'The event’s id: the header `webhook-id`, the same at every try.',
      resolve: ({ event }) => eventIdOf(event),
    }),
    event: t.string({
      description: 'The event’s type: `job.succeeded`, `workflow.failed` and the like.',
      resolve: ({ event }) => eventTypeOf(event),
    }),
    jobId: t.id({
      nullable: true,
      description: 'The job that the event is about; null where it is about a workflow.',
      resolve: ({ event }) => ('jobId' in event ? event.jobId : null),
    }),
    workflowId: t.id({
      nullable: true,
      description: 'The workflow that the event is about; null where it is about a job.',
      resolve: ({ event }) => ('workflowId' in event ? event.workflowId : null),
    }),
    version: t.int({ description: 'The version of the job or workflow after the transition.', resolve: ({ event }) => event.version }),
    status: t.field({
      type: JobStatusType,
      description: 'PENDING: waits for its next try; SUCCEEDED: answered with 2xx; FAILED_FINAL: given up.',
      resolve: ({ delivery }) => delivery.status,
    }),
    failures: t.int({ description: 'Tries that failed.', resolve: ({ delivery }) => delivery.failures }),
    nextTryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried again, at the earliest.',
      resolve: ({ delivery: { status, dueAt } }) => (isFinal(status) ? null : (dueAt ?? null)),
    }),
    responseStatus: t.int({
      nullable: true,
      description: 'The HTTP status of the successful answer.',
      resolve: ({ delivery }) => answeredStatus(delivery),
    }),
    error: t.field({
      type: JobFailureType,
      nullable: true,
      description: 'Why its last try failed.',
      resolve: ({ delivery }) => delivery.error ?? null,
    }),
    createdAt: t.field({ type: 'DateTime', description: 'When it was created.', resolve: ({ delivery }) => delivery.createdAt }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended.',
      resolve: ({ delivery }) => delivery.finishedAt ?? null,
    }),
  }),
});

const WebhookDeliveryEdgeType = builder.objectRef<JobPage['edges'][number]>('WebhookDeliveryEdge').implement({
  description: 'One delivery of the list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after`.' }),
    node: t.field({
      type: WebhookDeliveryType,
      description: 'The delivery.',
      resolve: ({ job }, _args, { core }) => shownDelivery(core, job),
    }),
  }),
});

export const WebhookDeliveryConnectionType = builder.objectRef<JobPage>('WebhookDeliveryConnection').implement({
  description:
    'A page of deliveries, the newest events first. It may have fewer than asked for without being the last: `hasNextPage` says so.',
  fields: (t) => ({
    edges: t.field({ type: [WebhookDeliveryEdgeType], description: 'The deliveries of this page.', resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});
