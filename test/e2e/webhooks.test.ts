/** Webhooks from a job's transition to a receiver, on the embedded engine: who gets what, and who may not. */
import { afterAll, describe, expect, test } from 'vitest';
import { jobStatuses } from '../../core/job.ts';
import { deleteWebhook, rotateWebhookSecret, updateWebhook, type WebhookAsked } from '../../core/usecases/createWebhook.ts';
import { redeliverWebhook } from '../../core/usecases/webhookDeliveries.ts';
import { readWebhooks } from '../../core/usecases/webhooks.ts';
import { deliverWebhook } from '../../core/webhook.ts';
import { answerWith, verify } from '../support/webhookReceiver.ts';
import { openWebhookStage } from '../support/webhookStage.ts';

const stage = await openWebhookStage();
const { system, receiver, newOwner, endpointFor, create, ended, deliveriesOf, toldOf, repair, setForward } = stage;
system.startWorker();
afterAll(() => stage.close());

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

  test('send the requested statuses, types and tags, and the final statuses by default', async () => {
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
    setForward(1);
    await repair();
    await expect
      .poll(async () => (await deliveriesOf(owner, { jobId: pending.jobId })).map(({ status, error }) => [status, error?.message]))
      .toEqual([['FAILED_FINAL', 'The endpoint was deleted.']]);
    expect(toldOf(pending)).toHaveLength(1);
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
