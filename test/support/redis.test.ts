import { Redis } from 'ioredis';
import { expect, inject, test } from 'vitest';
import { startRedis } from './redis.ts';

test('the shared servers answer', async () => {
  const redis = new Redis(inject('redisUrl'));
  expect(await redis.ping()).toBe('PONG');
  redis.disconnect();
  expect((await fetch(inject('dynamoDbLocalUrl'))).status).toBe(400);
});

test('comes back empty on the same port after a restart, and stops twice', async () => {
  const server = await startRedis();
  const before = new Redis(server.url);
  await before.set('key', 'value');
  before.disconnect();
  await server.restart();
  const after = new Redis(server.url);
  expect(await after.get('key')).toBeNull();
  after.disconnect();
  await server.stop();
  await server.stop();
});
