/**
 * Webhooks (the Standard Webhooks specification, standardwebhooks.com): what they are, and which events an endpoint gets.
 *
 * - endpoint: an owner's URL to which the chosen transitions, and ends of workflows, are sent.
 * - event: one transition of a job, or one end of a workflow; its id, the same for all endpoints and all tries, is
 *   `<jobId>.<version>`, or `<workflowId>.<version>`.
 * - delivery: one event on its way to one endpoint. It is a job of a type of its own, whose id is derived from the two.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { derivedJobId } from './derivedJobId.ts';
import { jobStatuses, type HistoryEntry, type Job } from './job.ts';
import { defineJobType } from './jobType.ts';

/** The final statuses of a workflow. */
export const workflowEnds = ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type WorkflowEnd = (typeof workflowEnds)[number];

const secret = z.object({
  text: z.string(),
  /** Milliseconds since the epoch, in the service's time: until then it signs in addition to the newer one. */
  until: z.number().optional(),
});

/** Times are milliseconds since the epoch, in the service's time. */
export const webhookEndpointSchema = z.object({
  endpointId: z.string(),
  url: z.string(),
  statuses: z.array(z.enum(jobStatuses)),
  workflowStatuses: z.array(z.enum(workflowEnds)).default([]),
  /** Absent: all. */
  types: z.array(z.string()).optional(),
  /** A job must have all of these. */
  tags: z.array(z.string()),
  /** The newest first; while one is replaced, two. */
  secrets: z.array(secret),
  createdAt: z.number(),
  /** When it was created, or last enabled: earlier events are not sent to it. */
  since: z.number(),
  updatedAt: z.number(),
  /** Absent: events are sent to it. */
  disabled: z.object({ at: z.number(), reason: z.string() }).optional(),
});

export type WebhookEndpoint = Readonly<z.infer<typeof webhookEndpointSchema>>;

/** All endpoints of one owner, in one entry. */
export const maxWebhookEndpoints = 10;
export const maxWebhookUrlLength = 1000;

/** The part of an endpoint's id that names its owner, and the key of their entry. */
export function webhooksKey(owner: string): string {
  return createHash('sha256').update(owner).digest('base64url').slice(0, 22);
}

/** Undefined for a text that is not the id of an endpoint. */
export function webhooksKeyOf(endpointId: string): string | undefined {
  return /^([\w-]{22})\.[0-9A-Z]{26}$/.exec(endpointId)?.[1];
}

/** Whether a transition is to be sent to it. */
export function asks(
  { statuses, types, tags, since, disabled }: WebhookEndpoint,
  job: Pick<Job, 'type' | 'tags'>,
  { status, at }: Pick<HistoryEntry, 'status' | 'at'>,
): boolean {
  if (disabled !== undefined || !statuses.includes(status) || at < since - clockLeewayMs) return false;
  return (types?.includes(job.type) ?? true) && tags.every((tag) => job.tags?.includes(tag) === true);
}

/** Whether the endpoint chose this end of a workflow. */
export function asksForWorkflow(
  { workflowStatuses: asked, tags, since, disabled }: WebhookEndpoint,
  workflow: { readonly tags?: readonly string[] | undefined },
  { status, at }: { readonly status: WorkflowEnd; readonly at: number },
): boolean {
  if (disabled !== undefined || !asked.includes(status) || at < since - clockLeewayMs) return false;
  return tags.every((tag) => workflow.tags?.includes(tag) === true);
}

/** Two machines may disagree about the service's time by a second or two. */
export const clockLeewayMs = 2000;

const deliveriesPrefix = 'job-tickets/webhooks/';

/** The owner of the deliveries to an owner's endpoints: no token has this subject, so they are in no list of the owner's jobs. */
export function deliveriesOwner(owner: string): string {
  return deliveriesPrefix + owner;
}

/** Undefined for any other owner. No token may have such a subject. */
export function ownerOfDeliveries(owner: string): string | undefined {
  return owner.startsWith(deliveriesPrefix) ? owner.slice(deliveriesPrefix.length) : undefined;
}

/** Short names, so that they fit into the record. */
const jobDelivery = z.object({
  endpointId: z.string(),
  jobId: z.string(),
  version: z.number(),
  status: z.enum(jobStatuses),
  type: z.string(),
  attempt: z.number(),
  /** The time of the transition: milliseconds since the epoch. */
  at: z.number(),
});

const workflowDelivery = z.object({
  endpointId: z.string(),
  workflowId: z.string(),
  version: z.number(),
  status: z.enum(workflowEnds),
  name: z.string(),
  at: z.number(),
});

export type JobDelivery = z.infer<typeof jobDelivery>;
export type WorkflowDelivery = z.infer<typeof workflowDelivery>;
export type DeliveryParams = JobDelivery | WorkflowDelivery;

/** Clients cannot make such jobs: the type is in no list of types. */
export const deliverWebhook = defineJobType({
  name: 'deliver_webhook',
  description: 'Delivers an event to a webhook.',
  params: z.union([jobDelivery, workflowDelivery]),
  result: z.object({ status: z.int() }),
  policy: {
    timeoutSeconds: 25,
    attemptsPerReceive: 1,
    backoffBaseMs: 10_000,
    backoffMaxMs: 4 * 3_600_000,
    // A slow receiver must not occupy all workers.
    concurrency: { perKey: 8, key: ({ endpointId }) => endpointId },
  },
  example: { endpointId: '', jobId: '', version: 1, status: 'SUCCEEDED', type: '', attempt: 1, at: 0 },
});

/** Over some 18 hours. */
export const maxDeliveryFailures = 14;

/** The job or the workflow that the event is about. */
export function toldOf(params: Pick<JobDelivery, 'jobId'> | Pick<WorkflowDelivery, 'workflowId'>): string {
  return 'workflowId' in params ? params.workflowId : params.jobId;
}

/** Derived: the same in every process. */
export function deliveryIdOf(params: DeliveryParams): string {
  const { endpointId, version, at } = params;
  return derivedJobId(at, JSON.stringify([endpointId, toldOf(params), version]));
}

export function eventIdOf(params: Pick<JobDelivery, 'jobId' | 'version'> | Pick<WorkflowDelivery, 'workflowId' | 'version'>): string {
  return `${toldOf(params)}.${params.version}`;
}

export function eventTypeOf(params: DeliveryParams): string {
  return `${'workflowId' in params ? 'workflow' : 'job'}.${params.status.toLowerCase()}`;
}

/** The body, byte for byte the same at every try. It is small: a receiver asks the API for more. */
export function eventBodyOf(params: DeliveryParams): string {
  return JSON.stringify({ type: eventTypeOf(params), timestamp: new Date(params.at).toISOString(), data: dataOf(params) });
}

function dataOf(params: DeliveryParams): object {
  const { status, version } = params;
  if ('workflowId' in params) return { workflowId: params.workflowId, name: params.name, status, version };
  return { jobId: params.jobId, type: params.type, status, version, attempt: params.attempt };
}
