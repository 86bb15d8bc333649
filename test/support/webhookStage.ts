/** A system that webhooks are made on, with a receiver, and a clock that is set forward instead of waiting. */
import { expect } from 'vitest';
import { isFinal, type Job } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { createWebhook, type EndpointWithSecret, type WebhookAsked } from '../../core/usecases/createWebhook.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { tellUntold } from '../../core/usecases/tellUntold.ts';
import { wakeLimited } from '../../core/usecases/wakeLimited.ts';
import { listDeliveries, type DeliveriesFilter } from '../../core/usecases/webhookDeliveries.ts';
import { startSystem, type System } from './startSystem.ts';
import { openWebhookReceiver, type Received, type WebhookReceiver } from './webhookReceiver.ts';

export interface WebhookStage {
  readonly system: System;
  readonly receiver: WebhookReceiver;
  /** A job without any deliveries yet. */
  newOwner(): string;
  endpointFor(owner: string, asked?: Partial<WebhookAsked>): Promise<EndpointWithSecret>;
  create(core: Core, owner: string, changes?: Partial<CreateJobRequest>): Promise<Job>;
  /** The job once it is final. */
  ended(job: Pick<Job, 'jobId'>): Promise<Job>;
  /** All of them. */
  deliveriesOf(owner: string, filter?: DeliveriesFilter): Promise<readonly Job[]>;
  toldOf(job: Pick<Job, 'jobId'>): readonly Received[];
  /** As the timer and the sweeper do from minute to minute. */
  repair(): Promise<void>;
  setForward(minutes: number): void;
  close(): Promise<void>;
}

/** The embedded engine, without a server and a worker. */
export async function openWebhookStage(): Promise<WebhookStage> {
  let ahead = 0;
  let owners = 0;
  const receiver = await openWebhookReceiver();
  const system = await startSystem({
    engine: 'embedded',
    parts: [],
    env: { WEBHOOK_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}` },
    clock: { now: () => Date.now() + ahead },
  });
  const { core } = system;
  return {
    system,
    receiver,
    newOwner: () => `owner-${(owners += 1)}`,
    endpointFor: (owner, asked = {}) => createWebhook(core, { owner, url: receiver.url, ...asked }),
    async create(by, owner, changes = {}) {
      const request = { owner, type: 'simulate_work', params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
      return (await createJob(by, { ...request, ...changes })).job;
    },
    async ended({ jobId }) {
      let job: Job | undefined;
      const statusNow = async (): Promise<Job['status'] | undefined> => (job = await core.table.get(jobId))?.status;
      await expect.poll(statusNow, { timeout: 10_000, interval: 20 }).toSatisfy((status: Job['status']) => isFinal(status));
      if (job === undefined) throw new Error('it is gone');
      return job;
    },
    async deliveriesOf(owner, filter) {
      const found: Job[] = [];
      let after: string | undefined;
      do {
        const { edges, pageInfo } = await listDeliveries(core, { owner, filter, first: 100, after });
        found.push(...edges.map(({ job }) => job));
        after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
      } while (after !== undefined);
      return found;
    },
    toldOf: ({ jobId }) => receiver.received.filter(({ event }) => event.data.jobId === jobId),
    async repair() {
      await tellUntold(core);
      await wakeLimited(core);
      // The first run after a while leaves the holders of claims their time.
      await sweepJobs(core);
      await sweepJobs(core);
    },
    setForward: (minutes) => void (ahead += minutes * 60_000),
    async close() {
      await system[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}
