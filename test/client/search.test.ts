import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { at, openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { engines } from '../support/engines.ts';
import { clientOf } from './clientOf.ts';

describe.each(engines)('on %s, jobs with tags', (engine) => {
  let system: ApiSystem;
  beforeAll(async () => {
    system = await openApiSystem({ engine, works: false, environment: { JWT_SECRET: jwtSecret, SOCKET_DRAIN_SECONDS: '0' } });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const clientOfNewOwner = (owner: string = randomUUID(), scope = '') => clientOf(system.url, { token: () => tokenFor(owner, scope) });

  async function ask(query: string, owner: string, scope = ''): Promise<unknown> {
    const response = await fetch(`${system.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenFor(owner, scope)}` },
      body: JSON.stringify({ query }),
    });
    return response.json();
  }

  test('keep them as they were given, are found by them and counted', async () => {
    const owner = randomUUID();
    await using client = clientOfNewOwner(owner);
    const { job } = await client.createJob({ type: 'simulate_work', tags: ['🙂 order', 'b', '🙂 order'] });
    expect(job.tags).toEqual(['🙂 order', 'b']);
    const plain = await client.createJob({ type: 'simulate_work' });
    expect(plain.job.tags).toEqual([]);
    const found = async (filter: object) => (await Array.fromAsync(client.jobs({ filter }))).map(({ jobId }) => jobId);
    await expect.poll(() => found({ tags: ['🙂 order'] })).toEqual([job.jobId]);
    expect(await found({ tags: ['b', '🙂 order'] })).toEqual([job.jobId]);
    expect(await found({ tags: ['c'] })).toEqual([]);
    expect(await found({ jobIdPrefix: job.jobId })).toEqual([job.jobId]);
    expect(await found({ idempotencyKey: job.idempotencyKey })).toEqual([job.jobId]);
    await expect.poll(() => found({ createdAfter: job.createdAt, tags: ['b'] })).toEqual([job.jobId]);
    expect(await found({ createdBefore: job.createdAt })).toEqual([]);
    const counted = await ask('{ jobCount(filter: { tags: ["b"] }) { count isExact } }', owner);
    expect(counted).toEqual({ data: { jobCount: { count: 1, isExact: true } } });
  });

  test('are refused with too many, too long or empty ones, and are other jobs to an idempotency key', async () => {
    await using client = clientOfNewOwner();
    const create = (tags: readonly string[], idempotencyKey: string = randomUUID()) =>
      client.createJob({ type: 'simulate_work', tags, idempotencyKey });
    for (const tags of [['1', '2', '3', '4', '5', '6'], [''], ['x'.repeat(65)], ['\ud800']]) {
      await expect(create(tags)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect((await create(['🙂'.repeat(64)])).created).toBe(true);
    const key = randomUUID();
    expect((await create(['a', 'b'], key)).created).toBe(true);
    expect((await create(['b', 'a', 'a'], key)).created).toBe(false);
    await expect(create(['a'], key)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('are received by a watcher of their tag alone', async () => {
    await using client = clientOfNewOwner();
    const watch = client.watchJobs({ filter: { tags: ['mine'], status: ['CANCELLED'] } });
    let heard: string | undefined;
    const first = watch.next();
    void first.then(({ value }) => (heard = value?.status));
    await expect
      .poll(async () => {
        const { job: other } = await client.createJob({ type: 'simulate_work', tags: ['other'] });
        await client.cancel(other.jobId);
        const { job } = await client.createJob({ type: 'simulate_work', tags: ['mine'] });
        await client.cancel(job.jobId);
        return heard;
      })
      .toBe('CANCELLED');
    const { value } = await first;
    expect((await client.job(value?.jobId ?? '')).tags).toEqual(['mine']);
    await watch.return();
  });

  test('that failed or were cancelled are found by an admin for all owners, and by nobody else', async () => {
    const owners = [randomUUID(), randomUUID()];
    const cancelled: string[] = [];
    for (const owner of owners) {
      await using client = clientOfNewOwner(owner);
      const { job } = await client.createJob({ type: 'simulate_work' });
      await client.cancel(job.jobId);
      cancelled.unshift(job.jobId);
    }
    await using admin = clientOfNewOwner('admin', 'admin');
    const options = { allOwners: true, filter: { status: ['CANCELLED'] } } as const;
    await expect
      .poll(async () => (await Array.fromAsync(admin.jobs(options))).map(({ jobId }) => jobId))
      .toEqual(expect.arrayContaining(cancelled));
    await expect(Array.fromAsync(admin.jobs({ allOwners: true }))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(Array.fromAsync(admin.jobs({ ...options, owner: 'x' }))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await using other = clientOfNewOwner();
    await expect(Array.fromAsync(other.jobs(options))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const counted = await ask('{ jobCount(filter: { status: [CANCELLED] }, allOwners: true) { count } }', 'x');
    expect(at(counted, 'errors', 0, 'extensions', 'code')).toBe('FORBIDDEN');
  });
});
