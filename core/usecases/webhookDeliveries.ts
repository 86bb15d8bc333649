/** Deliveries to an owner's webhook endpoints: listed, found, and repeated. */
import { JobError } from '../errors.ts';
import { isFailed, isTag, type Job, type JobStatus } from '../job.ts';
import { badInput, requireText } from '../text.ts';
import { deliverWebhook, deliveriesOwner, ownerOfDeliveries, type DeliveryParams } from '../webhook.ts';
import type { Core } from './core.ts';
import { listJobs, type JobPage, type ListJobsRequest } from './listJobs.ts';
import { maySee, mayBeId, type Caller } from './readJob.ts';
import { rescheduleJob } from './rescheduleJob.ts';
import { retryJob } from './retryJob.ts';
import { createDelivery } from './tellWebhooks.ts';
import { findWebhook } from './webhooks.ts';

export interface DeliveriesFilter {
  readonly endpointId?: string | undefined;
  /** The job that they are about. */
  readonly jobId?: string | undefined;
  /** The workflow that they are about. */
  readonly workflowId?: string | undefined;
  readonly status?: readonly JobStatus[] | undefined;
}

export type ListDeliveriesRequest = Pick<ListJobsRequest, 'first' | 'after' | 'last' | 'before' | 'signal'> & {
  readonly owner: string;
  readonly filter?: DeliveriesFilter | undefined;
};

/** Newest first: a delivery is as old as its transition. @throws as `listJobs`. */
export function listDeliveries(
  core: Pick<Core, 'table'>,
  { owner, filter: { endpointId, jobId, workflowId, status } = {}, ...page }: ListDeliveriesRequest,
): Promise<JobPage> {
  const tags = Object.entries({ endpointId, jobId, workflowId }).flatMap(([name, tag]) => (tag === undefined ? [] : [asTag(tag, name)]));
  return listJobs(core, { ...page, owner: deliveriesOwner(owner), filter: { status, tags } });
}

/** What a delivery sends, and to whom. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function paramsOfDelivery({ table }: Pick<Core, 'table'>, { params, jobId }: Job): Promise<DeliveryParams> {
  const value = params.kind === 'inline' ? params.value : (await table.readPayloads([params.key]))[0];
  const parsed = deliverWebhook.params.safeParse(value);
  if (!parsed.success) throw new JobError('WEBHOOK_DELIVERY_NOT_FOUND', { jobId });
  return parsed.data;
}

/**
 * The same event once more, with the same id: a failed delivery is retried, one that waits for its next try is tried now, one
 * that has succeeded is followed by another delivery, and one in progress is unchanged. Returns the delivery.
 * @throws {JobError} `WEBHOOK_DELIVERY_NOT_FOUND`, also for another owner's; `WEBHOOK_ENDPOINT_NOT_FOUND`; `QUEUE_UNAVAILABLE`;
 * `TABLE_UNAVAILABLE`.
 */
export async function redeliverWebhook(core: Core, { deliveryId, ...caller }: Caller & { readonly deliveryId: string }): Promise<Job> {
  const { delivery, owner } = await getDelivery(core, deliveryId, caller);
  const params = await paramsOfDelivery(core, delivery);
  if ((await findWebhook(core, params.endpointId)) === undefined) throw new JobError('WEBHOOK_ENDPOINT_NOT_FOUND');
  const which = { owner: delivery.owner, jobId: deliveryId };
  try {
    if (isFailed(delivery.status)) return await retryJob(core, which);
    if (delivery.status === 'PENDING') return await rescheduleJob(core, { ...which, runAt: Math.trunc((await core.table.time()).low) });
  } catch (error) {
    // It has moved on meanwhile, as intended.
    const isUnderWay = error instanceof JobError && (error.code === 'JOB_NOT_RETRYABLE' || error.code === 'JOB_NOT_RESCHEDULABLE');
    if (!isUnderWay) throw error;
    return (await getDelivery(core, deliveryId, caller)).delivery;
  }
  if (delivery.status === 'PROCESSING') return delivery;
  const { priority, traceId } = delivery;
  const again = await createDelivery(core, { owner, priority, traceId }, params, core.newJobId());
  if (again === undefined) throw new JobError('TABLE_UNAVAILABLE', { jobId: deliveryId });
  return again;
}

async function getDelivery(
  core: Pick<Core, 'table'>,
  deliveryId: string,
  caller: Caller,
): Promise<{ readonly delivery: Job; readonly owner: string }> {
  const delivery = mayBeId(deliveryId) ? await core.table.get(deliveryId) : undefined;
  const owner = delivery?.type === deliverWebhook.name ? ownerOfDeliveries(delivery.owner) : undefined;
  if (delivery === undefined || owner === undefined || !maySee(caller, { owner })) throw new JobError('WEBHOOK_DELIVERY_NOT_FOUND');
  return { delivery, owner };
}

function asTag(text: string, name: string): string {
  if (!isTag(requireText(text, [name]))) throw badInput('is no id', ['filter', name]);
  return text;
}
