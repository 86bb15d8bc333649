/** Bulk operations, from the client to the jobs, and what others may know of them. */
import { randomUUID } from 'node:crypto';
import type { BulkOperation } from 'job-tickets-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLambdas } from '../../lambda/lambdas.ts';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { at, openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { openFaultProxy } from '../support/faultProxy.ts';
import { clientOf } from './clientOf.ts';

let system: ApiSystem;
const ending = new AsyncDisposableStack();
beforeAll(async () => {
  system = ending.use(
    await openApiSystem({ engine: 'embedded', works: false, environment: { JWT_SECRET: jwtSecret, SOCKET_DRAIN_SECONDS: '0' } }),
  );
  const { core } = system;
  const config = { region: 'local', receiveWaitSeconds: 1, sweepIntervalSeconds: 60 };
  ending.adopt(startLambdas({ core, config }), ({ stop }) => stop());
});
afterAll(() => ending.disposeAsync());

const clientFor = (owner: string, scope = '', url = system.url, transport?: 'sse') =>
  clientOf(url, { token: () => tokenFor(owner, scope), ...(transport === undefined ? {} : { transport }) });

/** Jobs that wait, since nobody works. */
async function jobsOf(owner: string, count: number): Promise<readonly string[]> {
  await using client = clientFor(owner);
  const made = await client.createJobs(Array.from({ length: count }, () => ({ type: 'simulate_work', tags: ['t'] }) as const));
  return made.map(({ job }) => job?.jobId ?? '');
}

async function ask(query: string, owner: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const authorization = `Bearer ${await tokenFor(owner, '')}`;
  return (await system.request(query, undefined, { authorization, ...headers })).body;
}

describe('a bulk operation', () => {
  test('cancels waiting jobs, then retries them; is counted before, and reports until it has ended', async () => {
    const owner = randomUUID();
    const jobIds = await jobsOf(owner, 5);
    await using client = clientFor(owner);
    const filter = { tags: ['t'] };
    expect(await client.jobCount(filter)).toEqual({ count: 5, isExact: true });
    const dry = await client.createBulkOperation({ action: 'CANCEL', filter, dryRun: true });
    expect(await lastOf(client.watchBulkOperation(dry.operationId))).toMatchObject({
      status: 'COMPLETED',
      matched: 5,
      done: 0,
      isDryRun: true,
    });
    const cancelling = await client.createBulkOperation({ action: 'CANCEL', filter });
    expect(cancelling).toMatchObject({ status: 'PENDING', version: 1, owner, createdBy: owner, maxPerSecond: 100, errors: [] });
    const told = await Array.fromAsync(client.watchBulkOperation(cancelling.operationId));
    expect(told.at(-1)).toMatchObject({ status: 'COMPLETED', matched: 5, done: 5, skipped: 0, failed: 0 });
    for (const jobId of jobIds) expect((await client.job(jobId)).status).toBe('CANCELLED');
    const retrying = await client.createBulkOperation({ action: 'RETRY', filter: { status: ['CANCELLED'] } });
    expect(await lastOf(client.watchBulkOperation(retrying.operationId))).toMatchObject({ status: 'COMPLETED', done: 5 });
    for (const jobId of jobIds) expect(await client.job(jobId)).toMatchObject({ status: 'PENDING', generation: 2 });
    const listed = await Array.fromAsync(client.bulkOperations());
    expect(listed.map(({ operationId }) => operationId)).toEqual([retrying, cancelling, dry].map(({ operationId }) => operationId));
    expect(await client.abortBulkOperation(retrying.operationId)).toMatchObject({ status: 'COMPLETED', abortedAt: null });
  });

  test.each([undefined, 'sse'] as const)('is watched to its end although each change ends its connection (%s)', async (transport) => {
    const owner = randomUUID();
    await jobsOf(owner, 6);
    await using proxy = await openFaultProxy(Number(new URL(system.url).port));
    await using client = clientFor(owner, '', `http://127.0.0.1:${proxy.port}`, transport);
    const { operationId } = await client.createBulkOperation({ action: 'CANCEL', filter: { tags: ['t'] }, maxPerSecond: 5 });
    const told: BulkOperation[] = [];
    for await (const operation of client.watchBulkOperation(operationId)) {
      told.push(operation);
      proxy.reset();
    }
    expect([...new Set(told.map(({ status }) => status))]).toEqual(['PENDING', 'RUNNING', 'COMPLETED']);
    expect(told.map(({ version }) => version)).toEqual([...new Set(told.map(({ version }) => version))].toSorted((a, b) => a - b));
    expect(told.at(-1)).toEqual(await client.bulkOperation(operationId));
  });

  test('is its owner’s alone, and an admin’s; of others’ jobs only an admin asks', async () => {
    const [owner, other] = [randomUUID(), randomUUID()];
    const [theirs] = await jobsOf(other, 1);
    await using client = clientFor(owner);
    const { operationId } = await client.createBulkOperation({ action: 'CANCEL', filter: { tags: ['t'] } });
    expect(await lastOf(client.watchBulkOperation(operationId))).toMatchObject({ status: 'COMPLETED', matched: 0 });
    await using stranger = clientFor(other);
    const unknown = { code: 'BULK_OPERATION_NOT_FOUND' };
    await expect(stranger.bulkOperation(operationId)).rejects.toMatchObject(unknown);
    await expect(stranger.abortBulkOperation(operationId)).rejects.toMatchObject(unknown);
    await expect(stranger.watchBulkOperation(operationId).next()).rejects.toMatchObject(unknown);
    expect(await Array.fromAsync(stranger.bulkOperations())).toEqual([]);
    for (const whose of [{ owner: other }, { allOwners: true }]) {
      const asked = client.createBulkOperation({ action: 'CANCEL', filter: { status: ['PENDING'] }, ...whose });
      await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    await using admin = clientFor('admin', 'admin');
    expect((await admin.bulkOperation(operationId)).createdBy).toBe(owner);
    const named = await admin.createBulkOperation({ action: 'CANCEL', filter: { tags: ['t'] }, owner: other });
    expect(await lastOf(admin.watchBulkOperation(named.operationId))).toMatchObject({ done: 1, owner: other, createdBy: 'admin' });
    expect((await stranger.job(theirs ?? '')).status).toBe('CANCELLED');
    const all = await admin.createBulkOperation({ action: 'RETRY', filter: { status: ['CANCELLED'] }, allOwners: true });
    expect((await lastOf(admin.watchBulkOperation(all.operationId)))?.owner).toBeNull();
    expect((await stranger.job(theirs ?? '')).status).toBe('PENDING');
    const open = admin.createBulkOperation({ action: 'CANCEL', filter: { status: ['PENDING'] }, allOwners: true });
    await expect(open).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['filter', 'status'] } });
  });

  test('of an empty filter is refused, and of one key there is one, named in the field or in the header', async () => {
    const owner = randomUUID();
    const refused = await ask(
      'mutation { createBulkOperation(input: { action: RETRY, filter: {} }) { operation { operationId } } }',
      owner,
    );
    expect(at(refused, 'errors', 0, 'extensions')).toMatchObject({ code: 'BAD_USER_INPUT', path: ['filter'] });
    const create =
      'createBulkOperation(input: { action: RETRY, filter: { type: "x" } }) { operation { operationId filter { type status } } }';
    const key = { 'idempotency-key': randomUUID() };
    const [one, same] = [await ask(`mutation { ${create} }`, owner, key), await ask(`mutation { ${create} }`, owner, key)];
    expect(at(one, 'data', 'createBulkOperation', 'operation', 'filter')).toEqual({ type: ['x'], status: ['FAILED', 'FAILED_FINAL'] });
    expect(same).toEqual(one);
    const several = await ask(`mutation { a: ${create} b: ${create} }`, owner, key);
    expect(at(several, 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
  });
});

async function lastOf(told: AsyncIterable<BulkOperation>): Promise<BulkOperation | undefined> {
  return (await Array.fromAsync(told)).at(-1);
}
