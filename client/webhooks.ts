/** Webhooks: endpoints created and changed, deliveries listed and repeated. */
import type { Connection } from './connection.ts';
import { listNodes } from './listNodes.ts';
import type { JobFailure, JobStatus } from './job.ts';
import type { WorkflowStatus } from './workflows.ts';

/** Times are RFC 3339, in UTC. */
export interface WebhookEndpoint {
  readonly endpointId: string;
  readonly url: string;
  /** Transitions to these statuses are sent. */
  readonly statuses: readonly JobStatus[];
  /** Ends of workflows with these statuses are sent. */
  readonly workflowStatuses: readonly WorkflowStatus[];
  /** Null: for jobs of all types. */
  readonly types: readonly string[] | null;
  /** Only for jobs and workflows with all of these tags. */
  readonly tags: readonly string[];
  readonly isEnabled: boolean;
  readonly disabledAt: string | null;
  /** Its receiver answered 410, or its owner disabled it. */
  readonly disabledReason: string | null;
  /** Until then events are signed with the previous secret, too. */
  readonly oldSecretUntil: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface WebhookSecret {
  readonly endpoint: WebhookEndpoint;
  /** Shown only this once. */
  readonly secret: string;
}

export interface WebhookDelivery {
  readonly deliveryId: string;
  readonly endpointId: string;
  /** The event's id, the same at every try. */
  readonly webhookId: string;
  /** `job.succeeded`, `workflow.failed` and the like. */
  readonly event: string;
  /** Null where the event is about a workflow. */
  readonly jobId: string | null;
  /** Null where the event is about a job. */
  readonly workflowId: string | null;
  readonly version: number;
  /** PENDING: waits for its next try; FAILED_FINAL: given up. */
  readonly status: JobStatus;
  readonly failures: number;
  readonly nextTryAt: string | null;
  readonly responseStatus: number | null;
  readonly error: JobFailure | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface CreateWebhookEndpointInput {
  /** https, and a public address. */
  readonly url: string;
  /** Default: the final statuses. */
  readonly statuses?: readonly JobStatus[] | undefined;
  /** SUCCEEDED, FAILED, CANCELLED. Default: none. */
  readonly workflowStatuses?: readonly WorkflowStatus[] | undefined;
  /** Default: all. */
  readonly types?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** A field that is left out is unchanged; `null` for the types: all. */
export interface UpdateWebhookEndpointInput extends Partial<Omit<CreateWebhookEndpointInput, 'types'>> {
  readonly types?: readonly string[] | null | undefined;
  readonly isEnabled?: boolean | undefined;
}

export interface ListWebhooksOptions {
  /** The owner; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListDeliveriesOptions extends ListWebhooksOptions {
  readonly filter?:
    | {
        readonly endpointId?: string | undefined;
        readonly jobId?: string | undefined;
        readonly workflowId?: string | undefined;
        readonly status?: readonly JobStatus[] | undefined;
      }
    | undefined;
}

const endpointFields = `{ endpointId url statuses workflowStatuses types tags isEnabled disabledAt disabledReason oldSecretUntil createdAt updatedAt }`;
const deliveryFields = `{ deliveryId endpointId webhookId event jobId workflowId version status failures nextTryAt responseStatus
  error { code message attempt at } createdAt finishedAt }`;

const change = (name: string, answer: string): string => {
  const operation = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ${operation}($input: ${operation}Input!) { payload: ${name}(input: $input) { ${answer} } }`;
};

export const webhookDocuments = {
  createWebhookEndpoint: change('createWebhookEndpoint', `endpoint ${endpointFields} secret`),
  updateWebhookEndpoint: change('updateWebhookEndpoint', `endpoint ${endpointFields}`),
  deleteWebhookEndpoint: change('deleteWebhookEndpoint', `endpoint ${endpointFields}`),
  rotateWebhookSecret: change('rotateWebhookSecret', `endpoint ${endpointFields} secret`),
  redeliverWebhook: change('redeliverWebhook', `delivery ${deliveryFields}`),
  webhookEndpoints: `query WebhookEndpoints($owner: String, $after: String) { list: webhookEndpoints(owner: $owner, after: $after) {
    edges { node ${endpointFields} } pageInfo { hasNextPage endCursor } } }`,
  webhookDeliveries: `query WebhookDeliveries($owner: String, $filter: WebhookDeliveriesFilter, $after: String) {
    list: webhookDeliveries(owner: $owner, filter: $filter, first: 50, after: $after) { edges { node ${deliveryFields} } pageInfo { hasNextPage endCursor } } }`,
};

interface Payloads {
  readonly createWebhookEndpoint: WebhookSecret;
  readonly updateWebhookEndpoint: { readonly endpoint: WebhookEndpoint };
  readonly deleteWebhookEndpoint: { readonly endpoint: WebhookEndpoint };
  readonly rotateWebhookSecret: WebhookSecret;
  readonly redeliverWebhook: { readonly delivery: WebhookDelivery };
}

/** Not repeated when its answer is lost. */
export async function changeWebhook<Name extends keyof Payloads>(
  connection: Connection,
  name: Name,
  input: object,
  signal: AbortSignal | undefined,
): Promise<Payloads[Name]> {
  const operation = { query: webhookDocuments[name], variables: { input } };
  return (await connection.request<{ payload: Payloads[Name] }>(operation, { signal, isRepeatable: false })).payload;
}

export function listWebhooks<Node>(
  connection: Connection,
  name: 'webhookEndpoints' | 'webhookDeliveries',
  { signal, ...variables }: ListDeliveriesOptions = {},
): AsyncGenerator<Node, void, void> {
  return listNodes(connection, { query: webhookDocuments[name], variables, signal });
}
