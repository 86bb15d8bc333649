import { expect, test } from 'vitest';
import { startEntry, urlOf } from './processes.ts';

const env = { DATA_DIR: '', LOG_LEVEL: 'info' };

test('starts the all-in-one, says where it listens, and ends it by a signal or by itself', async () => {
  await using entry = await startEntry('start', { env });
  const url = await urlOf(entry, 'start');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  entry.signal('SIGTERM');
  expect(await entry.exited()).toBe(0);
  await entry.kill();
});

test('tells with its output why an entry did not come up', async () => {
  await expect(startEntry('worker', { env: { WORKER_CONCURRENCY: 'many' } })).rejects.toThrow(/ended with 78[^]*WORKER_CONCURRENCY/);
  await using entry = await startEntry('worker', { env: { WORKER_CONCURRENCY: 'many' }, awaitReady: false });
  expect(await entry.exited()).toBe(78);
  await expect(entry.said(/never/, 50)).rejects.toThrow(/did not say/);
});

test('pauses and wakes an entry', async () => {
  await using entry = await startEntry('start', { env });
  const url = await urlOf(entry, 'start');
  entry.signal('SIGSTOP');
  const answer = fetch(`${url}/healthz`).then(({ status }) => status);
  expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'paused'))])).toBe('paused');
  entry.signal('SIGCONT');
  expect(await answer).toBe(200);
});
