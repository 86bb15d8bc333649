import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { startSystem } from '../support/startSystem.ts';
import { answerWith, openWebhookReceiver, verify } from '../support/webhookReceiver.ts';
import { clientOf } from './clientOf.ts';

test('webhooks are made, heard, sent again, given another secret and deleted by their owner alone', async () => {
  await using receiver = await openWebhookReceiver();
  await using system = await startSystem({
    engine: 'embedded',
    parts: ['server', 'worker'],
    env: {
      JWT_SECRET: jwtSecret,
      SOCKET_DRAIN_SECONDS: '0',
      WEBHOOK_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}`,
    },
  });
  const owner = randomUUID();
  await using client = clientOf(system.url, { token: () => tokenFor(owner) });
  await using other = clientOf(system.url, { token: () => tokenFor(randomUUID()) });
  await using admin = clientOf(system.url, { token: () => tokenFor(randomUUID(), 'admin') });

  await expect(client.createWebhookEndpoint({ url: 'https://10.0.0.1/' })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    details: { path: ['url'] },
  });
  const { endpoint, secret } = await client.createWebhookEndpoint({ url: receiver.url, types: ['simulate_work'], tags: ['told'] });
  const { endpointId } = endpoint;
  expect(endpoint).toMatchObject({ types: ['simulate_work'], tags: ['told'], isEnabled: true, oldSecretUntil: null });
  expect(endpoint.statuses).toEqual(['SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED']);
  expect(JSON.stringify(endpoint)).not.toContain(secret);

  receiver.answer(answerWith(500));
  const { job } = await client.createJob({ type: 'simulate_work', tags: ['told'] });
  await client.waitForJob(job.jobId);
  const deliveries = () => Array.fromAsync(client.webhookDeliveries({ filter: { endpointId, jobId: job.jobId } }));
  await expect.poll(async () => (await deliveries())[0]?.failures).toBe(1);
  const [waiting] = await deliveries();
  if (waiting === undefined) throw new Error('there is none');
  const { deliveryId } = waiting;
  expect(waiting).toMatchObject({
    endpointId,
    jobId: job.jobId,
    webhookId: `${job.jobId}.3`,
    event: 'job.succeeded',
    version: 3,
    status: 'PENDING',
    error: { code: 'ATTEMPT_FAILED', message: 'The receiver answered 500.' },
  });
  expect(Date.parse(waiting.nextTryAt ?? '')).toBeGreaterThan(Date.now());

  receiver.answer(answerWith(200));
  const rotated = await client.rotateWebhookSecret(endpointId, { keepOldSeconds: 3600 });
  expect(rotated.endpoint.oldSecretUntil).not.toBeNull();
  expect(await client.redeliverWebhook(deliveryId)).toMatchObject({ deliveryId });
  await expect.poll(async () => (await deliveries())[0]).toMatchObject({ status: 'SUCCEEDED', responseStatus: 200, nextTryAt: null });
  const received = receiver.received.at(-1);
  if (received === undefined) throw new Error('it did not come');
  for (const one of [secret, rotated.secret]) verify(received, one);

  expect(await Array.fromAsync(other.webhookEndpoints())).toEqual([]);
  expect(await Array.fromAsync(other.webhookDeliveries({ filter: { endpointId } }))).toEqual([]);
  await expect(Array.fromAsync(other.webhookDeliveries({ owner }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(other.redeliverWebhook(deliveryId)).rejects.toMatchObject({ code: 'WEBHOOK_DELIVERY_NOT_FOUND' });
  await expect(other.deleteWebhookEndpoint(endpointId)).rejects.toMatchObject({ code: 'WEBHOOK_ENDPOINT_NOT_FOUND' });
  // Nor is it one of their jobs, or of anybody's but the deliveries'.
  await expect(other.job(deliveryId)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  await expect(client.job(deliveryId)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  expect((await Array.fromAsync(client.jobs())).map(({ jobId }) => jobId)).toEqual([job.jobId]);
  expect(await Array.fromAsync(admin.webhookEndpoints({ owner }))).toMatchObject([{ endpointId }]);

  expect(await client.updateWebhookEndpoint(endpointId, { types: null, isEnabled: false })).toMatchObject({
    types: null,
    isEnabled: false,
    disabledReason: 'Its owner disabled it.',
  });
  expect(await client.deleteWebhookEndpoint(endpointId)).toMatchObject({ endpointId });
  expect(await Array.fromAsync(client.webhookEndpoints())).toEqual([]);
  await using forged = clientOf(system.url, { token: () => tokenFor(`job-tickets/webhooks/${owner}`) });
  await expect(forged.job(deliveryId)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
