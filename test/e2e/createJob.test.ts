import { exactly } from '../../core/clock.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { JobError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob, createJobs, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { listJobs } from '../../core/usecases/listJobs.ts';
import { getJob, getJobByIdempotencyKey } from '../../core/usecases/readJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { engines } from '../support/engines.ts';
import { startSystem, type System } from '../support/startSystem.ts';

describe.each(engines)('on %s', (engine) => {
  let system: System;
  let core: Core;
  beforeAll(async () => {
    system = await startSystem({ engine, parts: [] });
    core = system.core;
  });
  afterAll(() => system[Symbol.asyncDispose]());

  let owners = 0;
  const newOwner = (): string => `owner-${(owners += 1)}`;

  function request(changes: Partial<CreateJobRequest> = {}): CreateJobRequest {
    return { owner: 'owner', type: 'simulate_work', params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace', ...changes };
  }

  /** Queues that accept nothing, as in an outage. */
  const withoutQueue = (): Core => ({ ...core, queues: { ...core.queues, send: () => Promise.reject(new JobError('QUEUE_UNAVAILABLE')) } });

  describe('handing in a job', () => {
    test('five hundred times at once with one key makes one job', async () => {
      const owner = newOwner();
      const results = await Promise.all(Array.from({ length: 500 }, () => createJob(core, request({ owner, idempotencyKey: 'once' }))));
      expect(new Set(results.map(({ job }) => job.jobId)).size).toBe(1);
      expect(results.filter(({ created }) => created)).toHaveLength(1);
      await expect.poll(async () => (await listJobs(core, { owner })).edges.length).toBe(1);
    });

    test('with a key that was used for another payload is refused, and with the same payload in another order is not', async () => {
      const owner = newOwner();
      const first = await createJob(core, request({ owner, idempotencyKey: 'key', params: { durationMs: 1, steps: 2 } }));
      const same = await createJob(core, request({ owner, idempotencyKey: 'key', params: { steps: 2, durationMs: 1 } }));
      expect(same).toMatchObject({ created: false, job: { jobId: first.job.jobId } });
      for (const other of [{ params: { durationMs: 2 } }, { priority: 'HIGH' }, { delaySeconds: 1 }] as const) {
        const reused = createJob(core, request({ owner, idempotencyKey: 'key', params: { durationMs: 1, steps: 2 }, ...other }));
        await expect(reused).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
      }
    });

    test('keeps the keys of owners apart', async () => {
      const [one, other] = [newOwner(), newOwner()];
      const first = await createJob(core, request({ owner: one, idempotencyKey: 'key' }));
      const second = await createJob(core, request({ owner: other, idempotencyKey: 'key', params: { steps: 1 } }));
      expect(second.created).toBe(true);
      expect(await getJobByIdempotencyKey(core, { owner: one, idempotencyKey: 'key' })).toMatchObject({ jobId: first.job.jobId });
      expect(await getJobByIdempotencyKey(core, { owner: newOwner(), idempotencyKey: 'key' })).toBeUndefined();
      await expect(getJob(core, { owner: other, jobId: first.job.jobId })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    });

    test('forgets a key after its time', async () => {
      const owner = newOwner();
      const first = await createJob(core, request({ owner, idempotencyKey: 'key' }));
      const time = () => Promise.resolve(exactly(Date.now() + 25 * 3_600_000));
      const tomorrow: Core = { ...core, table: { ...core.table, time } };
      expect(await getJobByIdempotencyKey(tomorrow, { owner, idempotencyKey: 'key' })).toBeUndefined();
      const second = await createJob(tomorrow, request({ owner, idempotencyKey: 'key', params: { steps: 1 } }));
      expect(second.created).toBe(true);
      expect(second.job.jobId).not.toBe(first.job.jobId);
    });

    test('is finished by the next call where the first crashed between lock and job', async () => {
      const owner = newOwner();
      const crashing: Core = { ...core, table: { ...core.table, create: () => Promise.reject(new Error('killed')) } };
      await expect(createJob(crashing, request({ owner, idempotencyKey: 'key' }))).rejects.toThrow('killed');
      const results = await Promise.all([1, 2, 3].map(() => createJob(core, request({ owner, idempotencyKey: 'key' }))));
      expect(results.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(results.map(({ job }) => job.jobId)).size).toBe(1);
    });

    test('makes a job that could not be queued FAILED, tells its id, and lets it be retried', async () => {
      const owner = newOwner();
      const error = await createJob(withoutQueue(), request({ owner, idempotencyKey: 'key' })).catch((thrown: unknown) => thrown);
      if (!(error instanceof JobError)) throw new Error('no JobError');
      expect(error.code).toBe('QUEUE_UNAVAILABLE');
      const jobId = error.details.jobId ?? '';
      expect(await getJob(core, { owner, jobId })).toMatchObject({ status: 'FAILED', version: 2, error: { code: 'QUEUE_UNAVAILABLE' } });
      expect(await createJob(core, request({ owner, idempotencyKey: 'key' }))).toMatchObject({
        created: false,
        job: { jobId, status: 'FAILED' },
      });
      expect(await retryJob(core, { owner, jobId })).toMatchObject({ status: 'PENDING', generation: 2 });
      await expect(retryJob(core, { owner, jobId })).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE' });
    });

    test('in a batch lets each job succeed or fail by itself', async () => {
      const owner = newOwner();
      const outcomes = await createJobs(core, [
        request({ owner }),
        request({ owner, type: 'nothing' }),
        request({ owner, params: { steps: -1 } }),
      ]);
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false]);
      await expect.poll(async () => (await listJobs(core, { owner })).edges.length).toBe(1);
      await expect(
        createJobs(
          core,
          Array.from({ length: 101 }, () => request()),
        ),
      ).rejects.toThrow(/At most 100/);
    });

    test.each<[string, Partial<CreateJobRequest>, object]>([
      ['an unknown type', { type: 'toString' }, { code: 'UNKNOWN_JOB_TYPE', details: { path: ['type'] } }],
      [
        'params that break the schema',
        { params: { durationMs: 'long' } },
        { code: 'BAD_USER_INPUT', details: { path: ['params', 'durationMs'] } },
      ],
      ['params that the type does not know', { params: { other: 1 } }, { code: 'BAD_USER_INPUT', details: { path: ['params'] } }],
      ['params that are no object', { params: [] }, { code: 'BAD_USER_INPUT', details: { path: ['params'] } }],
      ['params over 256 KB', { params: { payload: 'x'.repeat(262_144) } }, { code: 'BAD_USER_INPUT', details: { path: ['params'] } }],
      ['a key over 255 characters', { idempotencyKey: 'x'.repeat(256) }, { code: 'BAD_USER_INPUT', details: { path: ['idempotencyKey'] } }],
      ['half a surrogate pair', { params: { payload: '\ud800' } }, { code: 'BAD_USER_INPUT', details: { path: ['params'] } }],
      ['an empty key', { idempotencyKey: '' }, { code: 'BAD_USER_INPUT', details: { path: ['idempotencyKey'] } }],
      ['a delay above 900', { delaySeconds: 901 }, { code: 'BAD_USER_INPUT', details: { path: ['delaySeconds'] } }],
      ['a delay below 0', { delaySeconds: -1 }, { code: 'BAD_USER_INPUT', details: { path: ['delaySeconds'] } }],
    ])('refuses %s, and writes nothing', async (_what, changes, error) => {
      const owner = newOwner();
      await expect(createJob(core, request({ owner, ...changes }))).rejects.toMatchObject(error);
      expect((await listJobs(core, { owner })).edges).toEqual([]);
    });

    test('gives params back unchanged, whatever they hold', async () => {
      const payload = z.custom<JsonValue>().parse(JSON.parse('{"__proto__":{"x":1},"constructor":"y","\\u0000":"☃","deep":[[[[{}]]]]}'));
      const owner = newOwner();
      const { job } = await createJob(core, request({ owner, params: { payload } }));
      const stored = await getJob(core, { owner, jobId: job.jobId });
      const params = { durationMs: 0, failAttempts: 0, failPermanently: false, steps: 0, payload };
      expect(JSON.stringify(stored.params)).toBe(JSON.stringify({ kind: 'inline', value: params }));
    });
  });

  describe('listing jobs', () => {
    test('pages through all of them in both directions, each once', async () => {
      const owner = newOwner();
      const created: string[] = [];
      for (let index = 0; index < 23; index += 1) created.push((await createJob(core, request({ owner }))).job.jobId);
      const newestFirst = created.toReversed();
      await expect.poll(async () => (await listJobs(core, { owner, first: 100 })).edges.length).toBe(23);

      const forwards: string[] = [];
      let after: string | undefined;
      for (;;) {
        const { edges, pageInfo } = await listJobs(core, { owner, first: 5, after });
        forwards.push(...edges.map(({ job }) => job.jobId));
        expect(pageInfo.hasPreviousPage).toBe(after !== undefined);
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor ?? undefined;
      }
      expect(forwards).toEqual(newestFirst);

      const backwards: string[] = [];
      let before: string | undefined;
      for (;;) {
        const { edges, pageInfo } = await listJobs(core, { owner, last: 5, before });
        backwards.unshift(...edges.map(({ job }) => job.jobId));
        if (!pageInfo.hasPreviousPage) break;
        before = pageInfo.startCursor ?? undefined;
      }
      expect(backwards).toEqual(newestFirst);
      expect((await listJobs(core, { owner, first: 0 })).edges).toEqual([]);
    });

    test('filters by status and type, also between states that the index does not know apart', async () => {
      const owner = newOwner();
      const jobs = await Promise.all([1, 2, 3].map(() => createJob(core, request({ owner }))));
      const [running] = jobs;
      if (running === undefined) throw new Error('no job');
      await core.table.transition('claim', running.job.jobId, {
        facts: { now: exactly(Date.now()), version: 1 },
        attempt: 1,
        changes: { claim: { id: 'claim', expiresAt: Date.now() + 60_000 }, attempts: 1 },
      });
      const ids = async (filter: object) => (await listJobs(core, { owner, filter })).edges.map(({ job }) => job.jobId);
      await expect.poll(() => ids({ status: ['PROCESSING'] })).toEqual([running.job.jobId]);
      await expect.poll(async () => (await ids({ status: ['PENDING'] })).length).toBe(2);
      expect(await ids({ status: ['SUCCEEDED', 'FAILED'] })).toEqual([]);
      expect(await ids({ status: [] })).toEqual([]);
      expect(await ids({ type: ['transform_data'] })).toEqual([]);
      expect(await ids({ type: ['simulate_work'], status: ['PENDING', 'PROCESSING'] })).toHaveLength(3);
    });

    test.each([
      ['a cursor that is none', { after: 'nonsense' }],
      ['a cursor of something else', { before: Buffer.from('user:1').toString('base64url') }],
      ['a negative size', { first: -1 }],
      ['a size above 100', { last: 101 }],
      ['both directions at once', { first: 1, last: 1 }],
    ])('refuses %s', async (_what, page) => {
      await expect(listJobs(core, { owner: 'owner', ...page })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    });
  });
});
