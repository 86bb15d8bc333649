/** Which details of a job's attempts each caller gets. */
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { at } from '../e2e/apiSystem.ts';
import { as, openGuarded, transports } from './stage.ts';

const query = `query ($jobId: ID!) { job(jobId: $jobId) { status attemptRuns(first: 1) { edges { node { worker error { message stack } } } } } }`;

test('stacks and workers are shown only to admins, failures to the owner, logs and attempts to nobody else', async () => {
  await using api = await openGuarded();
  const [alice, bob, admin] = [await as('alice'), await as('bob'), await as('root', { scope: 'admin' })];
  const created = await api.request(
    'mutation { createJob(input: { type: "simulate_work", params: { failPermanently: true, failAttempts: 1, durationMs: 1 } }) { job { jobId } } }',
    {},
    alice,
  );
  const jobId = String(at(created.body.data, 'createJob', 'job', 'jobId'));
  const asked = async (caller: Readonly<Record<string, string>>) => (await api.request(query, { jobId }, caller)).body;
  await expect.poll(async () => at((await asked(alice)).data, 'job', 'status'), { timeout: 10_000 }).toBe('FAILED_FINAL');

  const nodeOf = (data: unknown): unknown => at(data, 'job', 'attemptRuns', 'edges', 0, 'node');
  const told = nodeOf((await asked(alice)).data);
  expect(told).toMatchObject({ worker: null, error: { stack: null } });
  expect(at(told, 'error', 'message')).toBeTruthy();
  const toldAdmin = nodeOf((await asked(admin)).data);
  expect(at(toldAdmin, 'worker')).toContain(hostname());
  expect(at(toldAdmin, 'error', 'stack')).toContain('    at ');
  expect((await asked(bob)).errors?.map(({ extensions }) => extensions['code'])).toEqual(['JOB_NOT_FOUND']);
  const subscription = { query: 'subscription ($jobId: ID!) { jobLogAdded(jobId: $jobId) { message } }', variables: { jobId } };
  for (const transport of [transports.SSE, transports.WebSocket])
    expect((await transport(api, subscription, bob)).codes).toEqual(['JOB_NOT_FOUND']);
});
