/** Webhooks from a job's transition to a receiver, on the embedded engine: nothing lost, nothing mixed, nothing told twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadHandlers } from '../../core/jobList.ts';
import { isFinal, jobStatuses, type Job } from '../../core/job.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { createWebhook, deleteWebhook, rotateWebhookSecret, updateWebhook, type WebhookAsked } from '../../core/usecases/createWebhook.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { tellUntold } from '../../core/usecases/tellUntold.ts';
import { wakeLimited } from '../../core/usecases/wakeLimited.ts';
import { trackForWebhooks } from '../../core/usecases/trackForWebhook.ts';
import { listDeliveries, redeliverWebhook, type DeliveriesFilter } from '../../core/usecases/webhookDeliveries.ts';
import { readWebhooks } from '../../core/usecases/webhooks.ts';
import { deliverWebhook, eventIdOf } from '../../core/webhook.ts';
import jobs from '../../jobs/index.ts';
import { withWebhooks } from '../../worker/webhooks.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { createChance } from '../faults/chance.ts';
import { makeJob } from '../support/jobFactory.ts';
import { noObjects } from '../support/noObjects.ts';
import { startSystem, type System } from '../support/startSystem.ts';
import { answerWith, openWebhookReceiver, verify, type Received, type WebhookReceiver } from '../support/webhookReceiver.ts';

let receiver: WebhookReceiver;
let system: System;
let worker: Worker;
/** How far the clock was set forward. */
let ahead = 0;
const minuteMs = 60_000;

beforeAll(async () => {
  receiver = await openWebhookReceiver();
  system = await startSystem({
    engine: 'embedded',
    parts: [],
    env: { WEBHOOK_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}` },
    clock: { now: () => Date.now() + ahead },
  });
  worker = system.startWorker();
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

let owners = 0;
/** One that nothing was told of yet. */
const newOwner = (): string => `owner-${(owners += 1)}`;

const endpointFor = (owner: string, asked: Partial<WebhookAsked> = {}) =>
  createWebhook(system.core, { owner, url: receiver.url, ...asked });

function create(core: Core, owner: string, changes: Partial<CreateJobRequest> = {}): Promise<Job> {
  const request = { owner, type: 'simulate_work', params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
  return createJob(core, { ...request, ...changes }).then(({ job }) => job);
}

async function ended({ jobId }: Pick<Job, 'jobId'>): Promise<Job> {
  let job: Job | undefined;
  await expect
    .poll(async () => (job = await system.core.table.get(jobId))?.status, { timeout: 10_000, interval: 20 })
    .toSatisfy((status: Job['status']) => isFinal(status));
  if (job === undefined) throw new Error('it is gone');
  return job;
}

async function deliveriesOf(owner: string, filter?: DeliveriesFilter): Promise<readonly Job[]> {
  const found: Job[] = [];
  let after: string | undefined;
  do {
    const { edges, pageInfo } = await listDeliveries(system.core, { owner, filter, first: 100, after });
    found.push(...edges.map(({ job }) => job));
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  } while (after !== undefined);
  return found;
}

const toldOf = (job: Pick<Job, 'jobId'>): readonly Received[] => receiver.received.filter(({ event }) => event.data.jobId === job.jobId);
const eventsOf = ({ jobId, history }: Job): readonly string[] => history.map(({ version }) => eventIdOf({ jobId, version }));

/** As the timer and the sweeper do from minute to minute. */
async function repair(): Promise<void> {
  await tellUntold(system.core);
  await wakeLimited(system.core);
  await sweepJobs(system.core);
  await sweepJobs(system.core);
}

/** A core whose process dies now and then right before it would make a delivery, send its message, or note that it did. */
function dyingCore(core: Core, dies: () => boolean): Core {
  const perhaps = <Answer>(isOfWebhooks: boolean, go: () => Promise<Answer>): Promise<Answer> =>
    isOfWebhooks && dies() ? Promise.reject(new Error('killed')) : go();
  return {
    ...core,
    table: {
      ...core.table,
      create: (job) => perhaps(job.type === deliverWebhook.name, () => core.table.create(job)),
      touch: (touch, ...rest) => perhaps(touch === 'tellWebhooks', () => core.table.touch(touch, ...rest)),
      entries: { ...core.table.entries, get: (kind, key) => perhaps(kind.name === 'webhooks', () => core.table.entries.get(kind, key)) },
    },
  };
}

describe('webhooks', () => {
  // The first: the library wants the time of now, and the clock is set forward later.
  test('are verified by the standard’s own library, with both secrets while one is replaced', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    const { endpoint, secret } = await endpointFor(owner);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const rotated = await rotateWebhookSecret(system.core, { owner, endpointId: endpoint.endpointId });
    const job = await create(system.core, owner);
    await expect.poll(() => toldOf(job).length).toBe(1);
    const [received] = toldOf(job);
    if (received === undefined) throw new Error('it did not come');
    for (const one of [secret, rotated.secret]) verify(received, one);
    expect(received.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    const again = await rotateWebhookSecret(system.core, { owner, endpointId: endpoint.endpointId, keepOldSeconds: 0 });
    expect(again.endpoint.secrets).toEqual([{ text: again.secret }]);
  });

  test('tell each transition that is asked for once, to a receiver that was down for an hour, by processes that were killed', async (context) => {
    const chance = createChance(context);
    const owner = newOwner();
    receiver.answer(answerWith(503));
    const { endpoint } = await endpointFor(owner, { statuses: jobStatuses });
    await worker.stop();
    // Nothing of these outlives its process but what it wrote.
    const core = dyingCore(system.core, () => chance() < 0.6);
    const handlers = withWebhooks(await loadHandlers(jobs), core, system.config);
    const dying = createWorker({ core, handlers, objects: noObjects, settings: system.config });
    dying.start();
    const kinds = [{}, { failAttempts: 2 }, { failPermanently: true }];
    const made = await Promise.all(Array.from({ length: 18 }, (_, index) => create(core, owner, { params: kinds[index % kinds.length] })));
    await Promise.all(made.filter((_, index) => index % 5 === 0).map((job) => cancelJob(core, job).catch(() => undefined)));
    for (const job of made) await ended(job);
    for (const job of made.slice(0, 9)) await retryJob(core, job).catch(() => undefined);
    const over = await Promise.all(made.map(ended));
    await dying.stop();

    worker = system.startWorker();
    const expected = over.flatMap(eventsOf).toSorted();
    for (let minutes = 0; minutes < 60; minutes += 20) {
      ahead += 20 * minuteMs;
      await repair();
      await expect.poll(async () => (await deliveriesOf(owner, { status: ['PROCESSING'] })).length, { timeout: 10_000 }).toBe(0);
    }
    expect(await deliveriesOf(owner)).toHaveLength(expected.length);
    receiver.answer(answerWith(204));
    const before = receiver.received.length;
    await expect
      .poll(
        async () => {
          ahead += 30 * minuteMs;
          await repair();
          return (await deliveriesOf(owner, { status: ['SUCCEEDED'] })).length;
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBe(expected.length);

    const taken = receiver.received.slice(before).filter(({ event }) => over.some(({ jobId }) => jobId === event.data.jobId));
    expect(taken.map(({ id }) => id).toSorted()).toEqual(expected);
    for (const { id, body } of receiver.received) {
      const same = taken.find((one) => one.id === id);
      if (same !== undefined) expect(body).toBe(same.body);
    }
    expect(await deliveriesOf(owner, { endpointId: endpoint.endpointId })).toHaveLength(expected.length);
    expect((await deliveriesOf(owner, { jobId: over[0]?.jobId })).length).toBe(over[0]?.history.length);
    expect((await system.core.table.listPlaced({ place: 'webhooks', limit: 10 })).jobs).toEqual([]);
  });

  test('tell of the statuses, types and tags that are asked for, and of the final ones where nothing is said', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    await endpointFor(owner, { tags: ['paid'] });
    await endpointFor(owner, { statuses: ['PROCESSING'], types: ['simulate_work'] });
    await endpointFor(owner, { types: ['generate_report'] });
    const paid = await ended(await create(system.core, owner, { tags: ['paid', 'new'] }));
    const other = await ended(await create(system.core, owner));
    await expect
      .poll(() =>
        [paid, other].map((job) =>
          toldOf(job)
            .map(({ event }) => event.type)
            .toSorted(),
        ),
      )
      .toEqual([['job.processing', 'job.succeeded'], ['job.processing']]);
    await expect.poll(async () => (await deliveriesOf(owner, { status: ['SUCCEEDED'] })).length).toBe(3);
  });

  test('make no events of their own, and stand in no list of their owner’s jobs', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    await endpointFor(owner, { statuses: jobStatuses });
    const job = await ended(await create(system.core, owner));
    await expect.poll(async () => (await deliveriesOf(owner, { status: ['SUCCEEDED'] })).length).toBe(3);
    const deliveries = await deliveriesOf(owner);
    expect(deliveries.every(({ webhookVersion }) => webhookVersion === undefined)).toBe(true);
    expect(await system.core.table.listOwned({ owner, newestFirst: true, limit: 10 })).toEqual([job.jobId]);
    await expect(create(system.core, owner, { type: deliverWebhook.name })).rejects.toMatchObject({ code: 'UNKNOWN_JOB_TYPE' });
  });

  test('of one owner are nobody else’s to hear, list, change or send again', async () => {
    const [owner, other] = [newOwner(), newOwner()];
    receiver.answer(answerWith(204));
    const { endpoint } = await endpointFor(owner);
    const theirs = await ended(await create(system.core, other));
    const own = await ended(await create(system.core, owner));
    await expect.poll(async () => (await deliveriesOf(owner, { status: ['SUCCEEDED'] })).length).toBe(1);
    expect(theirs.webhookVersion).toBeUndefined();
    expect(toldOf(theirs)).toEqual([]);
    expect(await deliveriesOf(other)).toEqual([]);
    expect(await readWebhooks(system.core, other)).toEqual([]);
    const [delivery] = await deliveriesOf(owner);
    const which = { owner: other, endpointId: endpoint.endpointId };
    const notFound = { code: 'WEBHOOK_ENDPOINT_NOT_FOUND' };
    await expect(updateWebhook(system.core, which, { isEnabled: false })).rejects.toMatchObject(notFound);
    await expect(rotateWebhookSecret(system.core, which)).rejects.toMatchObject(notFound);
    await expect(deleteWebhook(system.core, which)).rejects.toMatchObject(notFound);
    const again = { deliveryId: delivery?.jobId ?? '' };
    const unknown = { code: 'WEBHOOK_DELIVERY_NOT_FOUND' };
    await expect(redeliverWebhook(system.core, { owner: other, ...again })).rejects.toMatchObject(unknown);
    await expect(redeliverWebhook(system.core, { owner, deliveryId: own.jobId })).rejects.toMatchObject(unknown);

    const second = await redeliverWebhook(system.core, { owner, ...again });
    expect(second.jobId).not.toBe(delivery?.jobId);
    await expect.poll(() => toldOf(own).length).toBe(2);
    expect(new Set(toldOf(own).map(({ id, body }) => id + body)).size).toBe(1);
  });

  test('that were refused are tried at once when they are sent again', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(503, { 'retry-after': '7200' }));
    await endpointFor(owner);
    const job = await create(system.core, owner);
    await expect.poll(async () => (await deliveriesOf(owner)).map(({ status, failures }) => [status, failures])).toEqual([['PENDING', 1]]);
    const [waiting] = await deliveriesOf(owner);
    if (waiting === undefined) throw new Error('it is gone');
    expect((waiting.dueAt ?? 0) - waiting.updatedAt).toBeGreaterThanOrEqual(7_200_000 - 5000);
    receiver.answer(answerWith(204));
    expect(await redeliverWebhook(system.core, { owner, deliveryId: waiting.jobId })).toMatchObject({ jobId: waiting.jobId });
    await expect.poll(async () => (await deliveriesOf(owner)).map(({ status }) => status)).toEqual(['SUCCEEDED']);
    expect(toldOf(job)).toHaveLength(2);
  });

  test('end with an endpoint that is deleted or answers 410, and come back when it is enabled again', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(410));
    const { endpoint } = await endpointFor(owner);
    const which = { owner, endpointId: endpoint.endpointId };
    const first = await create(system.core, owner);
    await expect.poll(async () => (await deliveriesOf(owner)).map(({ status }) => status)).toEqual(['FAILED_FINAL']);
    const [disabled] = await readWebhooks(system.core, owner);
    expect(disabled?.disabled).toMatchObject({ reason: 'Its receiver answered 410 Gone.' });
    receiver.answer(answerWith(204));
    const unheard = await ended(await create(system.core, owner));
    await expect.poll(async () => (await system.core.table.get(unheard.jobId))?.webhookVersion).toBe(unheard.version);
    expect(await updateWebhook(system.core, which, { isEnabled: true })).toMatchObject({ disabled: undefined });
    const [failed] = await deliveriesOf(owner);
    await redeliverWebhook(system.core, { owner, deliveryId: failed?.jobId ?? '' });
    await expect.poll(() => toldOf(first).length).toBe(2);
    expect(toldOf(unheard)).toEqual([]);

    receiver.answer(answerWith(500));
    const pending = await create(system.core, owner);
    await expect.poll(() => toldOf(pending).length).toBe(1);
    await deleteWebhook(system.core, which);
    expect(await readWebhooks(system.core, owner)).toEqual([]);
    const [last] = await deliveriesOf(owner, { jobId: pending.jobId });
    await expect(redeliverWebhook(system.core, { owner, deliveryId: last?.jobId ?? '' })).rejects.toMatchObject({
      code: 'WEBHOOK_ENDPOINT_NOT_FOUND',
    });
    ahead += minuteMs;
    await repair();
    await expect
      .poll(async () => (await deliveriesOf(owner, { jobId: pending.jobId })).map(({ status, error }) => [status, error?.message]))
      .toEqual([['FAILED_FINAL', 'The endpoint was deleted.']]);
    expect(toldOf(pending)).toHaveLength(1);
  });

  test('hear of what was open when their endpoint came, and of what a process made that did not know of it yet', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    const open = await create(system.core, owner, { delaySeconds: 900 });
    const past = await ended(await create(system.core, owner));
    // Longer ago than two machines may differ.
    ahead += minuteMs;
    await endpointFor(owner, { statuses: jobStatuses });
    const cancelled = await cancelJob(system.core, open);
    const { at } = await system.core.table.time();
    const history = [{ version: 1, status: 'CANCELLED', at, attempt: 0 }] as const;
    const { job: unknown } = await system.core.table.create(
      makeJob({ owner, status: 'CANCELLED', jobId: system.core.newJobId(at), history }),
    );
    if (unknown === undefined) throw new Error('it was not created');
    await trackForWebhooks(system.core);
    expect((await system.core.table.get(unknown.jobId))?.webhookVersion).toBeUndefined();
    ahead += minuteMs;
    await trackForWebhooks(system.core);
    await tellUntold(system.core);
    await expect
      .poll(() => [cancelled, unknown, past].map((job) => toldOf(job).map(({ event: { data } }) => `${data.version} ${data.status}`)))
      .toEqual([['2 CANCELLED'], ['1 CANCELLED'], []]);
  });

  test('of an open job whose writer died are told by the sweeper', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    await endpointFor(owner, { statuses: jobStatuses });
    const job = await create(
      dyingCore(system.core, () => true),
      owner,
      { delaySeconds: 900 },
    );
    expect(await deliveriesOf(owner)).toEqual([]);
    ahead += 2 * minuteMs;
    await repair();
    await expect.poll(() => toldOf(job).map(({ event }) => event.type)).toEqual(['job.pending']);
    expect((await system.core.table.get(job.jobId))?.webhookVersion).toBe(1);
    await cancelJob(system.core, job);
    await expect.poll(() => toldOf(job).map(({ event }) => event.type)).toEqual(['job.pending', 'job.cancelled']);
  });

  test('take only what can be kept and called', async () => {
    const owner = newOwner();
    const odd: readonly Partial<WebhookAsked>[] = [
      { url: 'http://example.com' },
      { url: 'https://10.0.0.1/' },
      { url: `https://example.com/${'a'.repeat(1000)}` },
      { url: 'https://user@example.com/' },
      { statuses: [] },
      { types: [] },
      { tags: ['a', 'b', 'c', 'd', 'e', 'f'] },
      { tags: [''] },
    ];
    for (const asked of odd) await expect(endpointFor(owner, asked)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const made = await Promise.all(Array.from({ length: 10 }, () => endpointFor(owner)));
    await expect(endpointFor(owner)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(10);
    expect(await readWebhooks(system.core, owner)).toHaveLength(10);
  });
});
