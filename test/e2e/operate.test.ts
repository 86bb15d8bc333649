import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { at, openApiSystem, type Answer, type ApiSystem } from './apiSystem.ts';

describe('what those who operate the system are told', () => {
  let system: ApiSystem;
  const as = async (owner: string, query: string, scope = ''): Promise<Answer> =>
    system.request(query, {}, { authorization: `Bearer ${await tokenFor(owner, scope)}` });

  beforeAll(async () => {
    system = await openApiSystem({
      engine: 'embedded',
      environment: { JWT_SECRET: jwtSecret, RECEIVE_WAIT_SECONDS: '1', SHUTDOWN_GRACE_SECONDS: '0' },
    });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('is shown the holders of a type’s slots, and nobody else is', async () => {
    const holders = '{ slotHolders(type: "simulate_work") { most taken someoneWaits holders { jobId owner } } }';
    expect(at((await as('root', holders, 'admin')).body, 'data')).toEqual({ slotHolders: null });
    await as(
      'root',
      'mutation { updateJobTypeLimits(input: { type: "simulate_work", concurrency: { total: 1 } }) { jobType { name } } }',
      'admin',
    );
    const create = 'mutation { createJob(input: { type: "simulate_work", params: { durationMs: 60000 } }) { job { jobId } } }';
    const jobIds = [await as('alice', create), await as('alice', create)].map(({ body }) =>
      String(at(body, 'data', 'createJob', 'job', 'jobId')),
    );
    const read = async (): Promise<unknown> => at((await as('root', holders, 'admin')).body, 'data', 'slotHolders');
    await expect.poll(async () => at(await read(), 'someoneWaits'), { timeout: 10_000 }).toBe(true);
    const [holder] = [at(await read(), 'holders', 0, 'jobId')];
    expect(jobIds).toContain(holder);
    expect(await read()).toEqual({ most: 1, taken: 1, someoneWaits: true, holders: [{ jobId: holder, owner: 'alice' }] });
    const codes = async (query: string, scope = ''): Promise<unknown> =>
      at((await as('alice', query, scope)).body, 'errors', 0, 'extensions', 'code');
    expect(await codes(holders)).toBe('FORBIDDEN');
    expect(await codes('{ slotHolders(type: "nothing") { most } }', 'admin')).toBe('UNKNOWN_JOB_TYPE');
    expect(await codes('{ slotHolders(type: "simulate_work", first: 101) { most } }', 'admin')).toBe('BAD_USER_INPUT');
    for (const jobId of jobIds) await as('alice', `mutation { cancelJob(input: { jobId: "${jobId}" }) { job { jobId } } }`);
  });

  test('is who paused what, and since when', async () => {
    await as('root', 'mutation { pauseQueue(input: { priority: LOW, reason: "A repair." }) { queue { priority } } }', 'admin');
    const told = '{ queues { priority pausedReason pausedBy pausedSince } }';
    const low = async (owner: string, scope?: string): Promise<unknown> => at((await as(owner, told, scope)).body, 'data', 'queues', 2);
    expect(await low('root', 'admin')).toMatchObject({
      priority: 'LOW',
      pausedReason: 'A repair.',
      pausedBy: 'root',
    });
    expect(Date.parse(String(at(await low('root', 'admin'), 'pausedSince')))).toBeGreaterThan(Date.now() - 60_000);
    expect(await low('alice')).toMatchObject({ pausedReason: 'A repair.', pausedBy: null });
  });

  test('is what they may do, before they try it', async () => {
    const viewer = '{ viewer { owner isAdmin mayOperate } }';
    expect(at((await as('alice', viewer)).body, 'data', 'viewer')).toEqual({ owner: 'alice', isAdmin: false, mayOperate: false });
    expect(at((await as('root', viewer, 'admin')).body, 'data', 'viewer')).toEqual({ owner: 'root', isAdmin: true, mayOperate: true });
  });
});
