import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { clientOf } from './clientOf.ts';

describe('many jobs by the typed client', () => {
  let system: ApiSystem;
  beforeAll(async () => {
    system = await openApiSystem({ works: false, environment: { JWT_SECRET: jwtSecret, SOCKET_DRAIN_SECONDS: '0' } });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const clientOfNewOwner = (owner: string = randomUUID(), scope = '') => clientOf(system.url, { token: () => tokenFor(owner, scope) });

  test('are handed in together, however many, and each succeeds or fails by itself', async () => {
    await using client = clientOfNewOwner();
    const inputs = Array.from({ length: 120 }, (_, index) => ({ type: 'simulate_work', params: { payload: index } }) as const);
    const results = await client.createJobs(inputs);
    expect(results.map(({ job }) => job?.params.payload)).toEqual(inputs.map(({ params }) => params.payload));
    expectTypeOf(results[0]?.job?.result).toEqualTypeOf<{ attempts: number; sleptMs: number; payload?: unknown } | null | undefined>();

    const [good, bad] = await client.createJobs([
      { type: 'simulate_work' },
      // @ts-expect-error: it is a number.
      { type: 'simulate_work', params: { durationMs: 'long' } },
    ]);
    expect(good).toMatchObject({ created: true, error: null });
    expect(bad).toMatchObject({ job: null, error: { name: 'JobTicketsError', code: 'BAD_USER_INPUT' } });
  });

  test('are listed newest first, job by job over as many pages as are asked for, or page by page', async () => {
    await using client = clientOfNewOwner();
    const created = await client.createJobs(Array.from({ length: 25 }, () => ({ type: 'simulate_work' }) as const));
    const newestFirst = created.map(({ job }) => job?.jobId).toReversed();
    await expect.poll(async () => (await Array.fromAsync(client.jobs())).length).toBe(25);
    expect((await Array.fromAsync(client.jobs({ pageSize: 10 }))).map(({ jobId }) => jobId)).toEqual(newestFirst);

    const pages = await Array.fromAsync(client.jobs({ pageSize: 10 }).pages());
    expect(pages.map(({ jobs }) => jobs.length)).toEqual([10, 10, 5]);
    expect(pages.map(({ endCursor }) => endCursor !== null)).toEqual([true, true, false]);
    const behind = await client.jobs({ pageSize: 10, after: pages[0]?.endCursor }).pages().next();
    expect(behind.value).toMatchObject({ jobs: newestFirst.slice(10, 20).map((jobId) => ({ jobId })) });
  });

  test('are narrowed by status and type, carry their params where that is asked for, and another’s are for admins', async () => {
    const owner = randomUUID();
    await using client = clientOfNewOwner(owner);
    const { job } = await client.createJob({ type: 'simulate_work', params: { payload: 'mine' } });
    await client.cancel(job.jobId);
    await expect
      .poll(async () => Array.fromAsync(client.jobs({ filter: { status: ['CANCELLED'] } })))
      .toMatchObject([{ jobId: job.jobId }]);
    expect(await Array.fromAsync(client.jobs({ filter: { status: ['PENDING'] } }))).toEqual([]);
    const [listed] = await Array.fromAsync(client.jobs({ withPayloads: true }));
    expect(listed?.params).toMatchObject({ payload: 'mine' });

    await using admin = clientOfNewOwner('admin', 'admin');
    expect(await Array.fromAsync(admin.jobs({ owner }))).toMatchObject([{ jobId: job.jobId }]);
    await using other = clientOfNewOwner();
    await expect(Array.fromAsync(other.jobs({ owner }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('are found by their idempotency keys', async () => {
    await using client = clientOfNewOwner();
    const { job } = await client.createJob({ type: 'simulate_work', idempotencyKey: 'order-1' });
    expect(await client.jobByIdempotencyKey('order-1')).toMatchObject({ jobId: job.jobId });
    expect(await client.jobByIdempotencyKey('order-2')).toBe(null);
  });
});
