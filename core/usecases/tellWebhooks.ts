/**
 * Makes the deliveries of a job's transitions. Which of them have theirs stands in the job's record, written after they were
 * made; a delivery is a job whose id follows from the endpoint and the transition. So whoever finds a job with something to
 * tell does it: its writer, the relay of the table's stream, the sweeper where it is open, the timer where it has ended. Any
 * number of them at once, ended anywhere, make each delivery once.
 */
import { isFinal, maxLosses, type HistoryEntry, type Job } from '../job.ts';
import { limitKeysOf } from '../typeLimits.ts';
import { asks, deliverWebhook, deliveriesOwner, deliveryIdOf, maxDeliveryFailures, toldOf, type DeliveryParams } from '../webhook.ts';
import type { Core } from './core.ts';
import { sendMessage } from './sendMessage.ts';
import { readWebhooks } from './webhooks.ts';

export type TellDeps = Pick<Core, 'table' | 'queues' | 'log' | 'telemetry'>;

/** Whether there are versions without deliveries. */
export function isUntold({ version, webhookVersion }: Pick<Job, 'version' | 'webhookVersion'>): boolean {
  return webhookVersion !== undefined && webhookVersion < version;
}

/** Returns how many deliveries it made. @throws {JobError} `TABLE_UNAVAILABLE`: the next process that finds the job continues. */
export async function tellWebhooks(core: TellDeps, job: Job): Promise<number> {
  const { jobId, status, version, tell, writeId, webhookVersion = version } = job;
  if (!isUntold(job)) return 0;
  const endpoints = await readWebhooks(core, job.owner);
  const untold = job.history.filter((entry) => entry.version > webhookVersion);
  if (untold.length < version - webhookVersion) {
    core.log.error(
      { jobId, webhookVersion, version },
      'a job made more transitions than its record keeps before its webhooks were handled',
    );
  }
  let asked = 0;
  let made = 0;
  for (const entry of untold) {
    for (const endpoint of endpoints) {
      if (!asks(endpoint, job, entry)) continue;
      asked += 1;
      if (await deliver(core, job, paramsOf(job, entry, endpoint.endpointId))) made += 1;
    }
  }
  // What nobody asks for is found so again, for less than it costs to note it. Refused, the job has moved on: so has the task.
  const facts = { version, status, tell, ...(isFinal(status) ? { writeId } : {}) };
  if (asked > 0 || isFinal(status)) await core.table.touch('tellWebhooks', jobId, facts, { webhookVersion: version });
  return made;
}

/** For a process that has written a transition, and does not wait: `durable` as in `WriteResult`. */
export function tellWebhooksSoon(core: TellDeps, job: Job, durable?: Promise<void>): void {
  if (!isUntold(job)) return;
  (durable ?? Promise.resolve())
    .then(() => tellWebhooks(core, job))
    .catch((error: unknown) =>
      core.log.warn({ error, jobId: job.jobId }, 'a job’s webhooks could not be handled; the process that finds the job next tries again'),
    );
}

function paramsOf({ jobId, type }: Job, { version, status, attempt, at }: HistoryEntry, endpointId: string): DeliveryParams {
  return { endpointId, jobId, version, status, type, attempt, at: Math.trunc(at) };
}

/** Whether it was made just now. */
async function deliver(core: TellDeps, job: Job, params: DeliveryParams): Promise<boolean> {
  return (await createDelivery(core, job, params, deliveryIdOf(params))) !== undefined;
}

/** Undefined where a job of that id exists. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function createDelivery(
  core: TellDeps,
  { owner, priority, traceId }: Pick<Job, 'owner' | 'priority' | 'traceId'>,
  params: DeliveryParams,
  jobId: string,
): Promise<Job | undefined> {
  const { at } = await core.table.time();
  const kept = await core.table.keepPayload({ jobId, kind: 'params', value: params, now: at });
  const { ok, job } = await core.table.create({
    jobId,
    owner: deliveriesOwner(owner),
    type: deliverWebhook.name,
    priority,
    params: kept,
    ...limitKeysOf(deliverWebhook, params, owner),
    tags: [params.endpointId, toldOf(params)],
    status: 'PENDING',
    version: 1,
    generation: 1,
    attempts: 0,
    failures: 0,
    maxFailures: maxDeliveryFailures,
    losses: 0,
    maxLosses,
    cancelRequested: false,
    history: [{ version: 1, status: 'PENDING', at, attempt: 0 }],
    traceId,
    createdAt: at,
    updatedAt: at,
    sweeps: 0,
  });
  if (!ok) return undefined;
  // If it is not sent, the sweeper sends it.
  await sendMessage(core, job, 0).catch((error: unknown) => core.log.warn({ error, jobId }, 'a delivery could not be sent yet'));
  return job;
}
