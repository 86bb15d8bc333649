/** No webhook's delivery is lost, whichever process is killed between a transition and its deliveries. */
import { afterAll, describe, expect, test } from 'vitest';
import { jobStatuses, type Job } from '../../core/job.ts';
import { loadHandlers } from '../../core/jobList.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import type { Core } from '../../core/usecases/core.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { tellUntold } from '../../core/usecases/tellUntold.ts';
import { trackForWebhooks } from '../../core/usecases/trackForWebhook.ts';
import { deliverWebhook, eventIdOf } from '../../core/webhook.ts';
import jobs from '../../jobs/index.ts';
import { withWebhooks } from '../../worker/webhooks.ts';
import { createWorker } from '../../worker/worker.ts';
import { makeJob } from '../support/jobFactory.ts';
import { noObjects } from '../support/noObjects.ts';
import { answerWith } from '../support/webhookReceiver.ts';
import { openWebhookStage } from '../support/webhookStage.ts';
import { createChance } from './chance.ts';

const stage = await openWebhookStage();
const { system, receiver, newOwner, endpointFor, create, ended, deliveriesOf, toldOf, repair, setForward } = stage;
let worker = system.startWorker();
afterAll(() => stage.close());

const eventsOf = ({ jobId, history }: Job): readonly string[] => history.map(({ version }) => eventIdOf({ jobId, version }));

/** A core whose process dies now and then right before it would make a delivery, send its message, or record it. */
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
  test('send each requested transition once, to a receiver that was down for an hour, by processes that were killed', async (context) => {
    const chance = createChance(context);
    const owner = newOwner();
    receiver.answer(answerWith(503));
    const { endpoint } = await endpointFor(owner, { statuses: jobStatuses });
    await worker.stop();
    // Only what these have written outlives their process.
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
      setForward(20);
      await repair();
      await expect.poll(async () => (await deliveriesOf(owner, { status: ['PROCESSING'] })).length, { timeout: 10_000 }).toBe(0);
    }
    expect(await deliveriesOf(owner)).toHaveLength(expected.length);
    receiver.answer(answerWith(204));
    const before = receiver.received.length;
    await expect
      .poll(
        async () => {
          setForward(30);
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

  test('hear of what was open when their endpoint came, and of what a process made that did not know of it yet', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    const open = await create(system.core, owner, { delaySeconds: 900 });
    const past = await ended(await create(system.core, owner));
    // Longer ago than the clocks of two machines may differ.
    setForward(1);
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
    setForward(1);
    await trackForWebhooks(system.core);
    await tellUntold(system.core);
    await expect
      .poll(() => [cancelled, unknown, past].map((job) => toldOf(job).map(({ event: { data } }) => `${data.version} ${data.status}`)))
      .toEqual([['2 CANCELLED'], ['1 CANCELLED'], []]);
  });

  test('of an open job whose writer died are made by the sweeper', async () => {
    const owner = newOwner();
    receiver.answer(answerWith(204));
    await endpointFor(owner, { statuses: jobStatuses });
    const job = await create(
      dyingCore(system.core, () => true),
      owner,
      { delaySeconds: 900 },
    );
    expect(await deliveriesOf(owner)).toEqual([]);
    setForward(2);
    await repair();
    await expect.poll(() => toldOf(job).map(({ event }) => event.type)).toEqual(['job.pending']);
    expect((await system.core.table.get(job.jobId))?.webhookVersion).toBe(1);
    await cancelJob(system.core, job);
    await expect.poll(() => toldOf(job).map(({ event }) => event.type)).toEqual(['job.pending', 'job.cancelled']);
  });
});
