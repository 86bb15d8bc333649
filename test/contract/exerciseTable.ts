/** The promises of the table, on any DynamoDB. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { exactly } from '../../core/clock.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { isFinal, jobStatuses, type Job, type JsonValue } from '../../core/job.ts';
import type { JobTable, WriteResult } from '../../core/table/jobTable.ts';
import { allows, transitionOf, transitions, type TransitionEvent } from '../../core/transitions.ts';
import { transitionJob, type Transition } from '../../core/usecases/transitionJob.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { exerciseBulk } from './exerciseBulk.ts';
import { quietParts } from '../support/quietParts.ts';
import { exerciseEntries } from './exerciseEntries.ts';
import { exerciseKept } from './exerciseKept.ts';
import { exerciseListings } from './exerciseListings.ts';
import { exercisePayloads } from './exercisePayloads.ts';
import { exerciseSearch } from './exerciseSearch.ts';
import { exerciseWebhookPlaces } from './exerciseWebhookPlaces.ts';

export interface OpenedTable {
  readonly table: JobTable;
  close(): Promise<void>;
}

const jsonOf = (text: string): JsonValue => z.custom<JsonValue>().parse(JSON.parse(text));

export function exerciseTable(name: string, open: () => Promise<OpenedTable>): void {
  describe(`the table on ${name}`, () => {
    let opened: OpenedTable;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());
    exercisePayloads(() => opened.table);
    exerciseListings(() => opened.table);
    exerciseSearch(() => opened.table);
    exerciseBulk(() => opened.table);
    exerciseEntries(() => opened.table);
    exerciseKept(() => opened.table);
    exerciseWebhookPlaces(() => opened.table);

    const feed = createMemoryFeed();
    const step = (event: TransitionEvent, job: Job, { facts, ...rest }: Transition): Promise<WriteResult> =>
      transitionJob({ ...quietParts, table: opened.table, feed }, event, job, { facts, ...rest });

    async function created(changes: Partial<Job> = {}): Promise<Job> {
      const { ok, job } = await opened.table.create(makeJob(changes));
      if (!ok || job === undefined) throw new Error('the job was not created');
      return job;
    }

    async function cancelled(): Promise<Job> {
      const { job } = await step('cancel', await created(), { facts: { now: exactly(Date.now()) } });
      if (job === undefined) throw new Error('the job is gone');
      return job;
    }

    async function claimed(job: Job, claimId = 'claim-1', leaseMs = 30_000): Promise<Job> {
      const now = exactly(Date.now());
      const attempts = job.attempts + 1;
      const result = await step('claim', job, {
        facts: { now },
        attempt: attempts,
        changes: { claim: { id: claimId, expiresAt: now.high + leaseMs }, attempts, startedAt: now.at },
      });
      if (!result.ok) throw new Error('the job was not claimed');
      return result.job;
    }

    test('gives back a record as it was written, whatever its params hold', async () => {
      const params = jsonOf('{"__proto__":{"a":1},"constructor":2,"text":"\\ud800 \\u0000 ☃","big":1e300,"nested":[[[]]],"none":null}');
      const job = await created({ params: inline(params), idempotencyKey: 'key', result: inline({ list: [1, 2] }) });
      expect(await opened.table.get(job.jobId)).toEqual(job);
      expect(JSON.stringify((await opened.table.get(job.jobId))?.params)).toBe(JSON.stringify(inline(params)));
    });

    test('creates a job once', async () => {
      const job = makeJob();
      const results = await Promise.all([opened.table.create(job), opened.table.create(job), opened.table.create(job)]);
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      expect(results.every((result) => result.job?.jobId === job.jobId)).toBe(true);
    });

    test('gives an idempotency key to one of a hundred who ask at once', async () => {
      const asks = Array.from({ length: 100 }, (_, index) =>
        opened.table.lock('owner-1', 'one key', { jobId: `job-${index}`, payloadHash: 'hash', expiresAt: 2000 }, 1000),
      );
      const answers = await Promise.all(asks);
      const winners = answers.filter(({ taken }) => taken);
      expect(winners).toHaveLength(1);
      expect(new Set(answers.map(({ lock }) => lock.jobId))).toEqual(new Set([winners[0]?.lock.jobId]));
    });

    test('gives an expired idempotency key again, and keeps keys of owners apart', async () => {
      const lock = { jobId: 'first', payloadHash: 'hash', expiresAt: 2000 };
      expect(await opened.table.lock('a', 'b#c', lock, 1000)).toMatchObject({ taken: true });
      expect(await opened.table.lock('a', 'b#c', { ...lock, jobId: 'second' }, 1999)).toMatchObject({
        taken: false,
        lock: { jobId: 'first' },
      });
      expect(await opened.table.lock('a#b', 'c', { ...lock, jobId: 'other' }, 1000)).toMatchObject({ taken: true });
      expect(await opened.table.lock('a', 'b#c', { ...lock, jobId: 'third', expiresAt: 3000 }, 2000)).toMatchObject({ taken: true });
      expect(await opened.table.readLock('a', 'b#c')).toMatchObject({ jobId: 'third' });
    });

    test('lets one of many claim a job, and answers the others with the record', async () => {
      const job = await created();
      const now = Date.now();
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          step('claim', job, {
            facts: { now: exactly(now) },
            attempt: 1,
            changes: { claim: { id: `claim-${index}`, expiresAt: now + 1000 }, attempts: 1 },
          }),
        ),
      );
      expect(claims.filter(({ ok }) => ok)).toHaveLength(1);
      expect(claims.every((result) => result.job?.status === 'PROCESSING' && result.job.version === 2)).toBe(true);
    });

    test('decides a write that may be answered early as any other, and has made it durable in the end', async () => {
      const job = await created();
      const now = exactly(Date.now());
      const claim = (id: string) =>
        opened.table.transition('claim', job.jobId, {
          facts: { now, version: 1 },
          attempt: 1,
          changes: { claim: { id, expiresAt: now.high + 30_000 }, attempts: 1 },
          early: true,
        });
      const claims = await Promise.all([claim('a'), claim('b'), claim('c')]);
      const won = claims.find(({ ok }) => ok);
      expect(claims.filter(({ ok }) => ok)).toHaveLength(1);
      expect(claims.map((result) => result.job?.claim?.id)).toEqual(claims.map(() => won?.job?.claim?.id));
      const ended = await step('succeed', won?.job ?? job, { facts: { now, claimId: won?.job?.claim?.id } });
      expect(ended).toMatchObject({ ok: true, job: { version: 3 } });
      await Promise.all(claims.map(({ durable }) => durable ?? Promise.resolve()));
      expect(await opened.table.get(job.jobId)).toEqual(ended.job);
    });

    test('lets nobody write without the claim, nor after it was taken over', async () => {
      const job = await claimed(await created(), 'old', -1);
      const now = Date.now();
      const stolen = await step('reclaim', job, {
        facts: { now: exactly(now) },
        attempt: 2,
        changes: { claim: { id: 'new', expiresAt: now + 30_000 }, attempts: 2 },
      });
      expect(stolen.ok).toBe(true);
      const leaseExpiresAt = now + 99_999;
      const renewed = (claimId: string, progress?: number) =>
        opened.table.touch('renew', job.jobId, { claimId, leaseExpiresAt }, { leaseExpiresAt, progress });
      for (const event of ['succeed', 'failForGood', 'release', 'stop'] as const) {
        expect(await step(event, job, { facts: { now: exactly(now), claimId: 'old' } })).toMatchObject({
          ok: false,
          job: { claim: { id: 'new' } },
        });
      }
      expect(await renewed('old')).toMatchObject({ ok: false });
      expect(await renewed('new', 7)).toMatchObject({
        ok: true,
        job: { version: 3, progress: 7, claim: { id: 'new', expiresAt: now + 99_999 } },
      });
    });

    test('forgets with a new claim how far the attempt before had come', async () => {
      const job = await claimed(await created(), 'first', -1);
      const leaseExpiresAt = Date.now() + 30_000;
      const renewal = await opened.table.touch(
        'renew',
        job.jobId,
        { claimId: 'first', leaseExpiresAt },
        { leaseExpiresAt: 1, progress: 58 },
      );
      expect(renewal).toMatchObject({ ok: true, job: { progress: 58 } });
      const taken = await step('reclaim', job, {
        facts: { now: exactly(Date.now()) },
        attempt: 2,
        changes: { claim: { id: 'second', expiresAt: leaseExpiresAt }, attempts: 2 },
      });
      expect(taken).toMatchObject({ ok: true, job: { attempts: 2 } });
      expect(taken.job?.progress).toBeUndefined();
    });

    test('answers a write to a job that does not exist', async () => {
      expect(await step('claim', makeJob(), { facts: { now: exactly(1) } })).toEqual({ ok: false, job: undefined });
      expect(await opened.table.get('none')).toBeUndefined();
    });

    test('reads many in the order asked for, with gaps and doubles', async () => {
      const [first, second] = [await created(), await created()];
      const found = await opened.table.getMany([second.jobId, 'none', first.jobId, second.jobId]);
      expect(found.map((job) => job?.jobId)).toEqual([second.jobId, undefined, first.jobId, second.jobId]);
    });

    test('counts a failure once, however often and late its request lands, and moves no lease and no due time back', async () => {
      const job = await claimed(await created());
      const now = Date.now();
      const fail = (failures: number, dueAt: number) =>
        opened.table.touch('fail', job.jobId, { claimId: 'claim-1', failures }, { failures, dueAt, leaseExpiresAt: dueAt + 30_000 });
      expect(await fail(1, now + 1000)).toMatchObject({ ok: true, job: { failures: 1, dueAt: now + 1000, version: job.version } });
      expect(await fail(2, now + 60_000)).toMatchObject({ ok: true, job: { failures: 2, dueAt: now + 60_000 } });
      expect(await fail(1, now + 1000)).toMatchObject({ ok: false, job: { failures: 2, dueAt: now + 60_000 } });
      const late = { leaseExpiresAt: now + 31_000 };
      expect(await opened.table.touch('renew', job.jobId, { claimId: 'claim-1', ...late }, late)).toMatchObject({
        ok: false,
        job: { claim: { id: 'claim-1', expiresAt: now + 90_000 } },
      });
    });

    test('knows the service’s time between two bounds', async () => {
      const { low, high, at } = await opened.table.time();
      expect([low <= at, at <= high]).toEqual([true, true]);
      // Here this machine is the service, so its clock is right.
      expect(low).toBeLessThanOrEqual(Date.now());
      expect(high).toBeGreaterThanOrEqual(Date.now() - 50);
      expect(high - low).toBeLessThan(3000);
    });

    test('deletes only what has ended', async () => {
      const job = await claimed(await created());
      expect(job.expiresAt).toBeUndefined();
      const ended = await step('succeed', job, { facts: { now: exactly(Date.now()), claimId: 'claim-1' } });
      expect(ended.job?.expiresAt).toBeGreaterThan(Date.now() / 1000 + 29 * 86_400);
      const retried = await step('retry', await cancelled(), { facts: { now: exactly(Date.now()) }, changes: { generation: 2 } });
      expect(retried).toMatchObject({ ok: true, job: { status: 'PENDING' } });
      expect(retried.job?.expiresAt).toBeUndefined();
    });

    test('tells that it answers', async () => {
      await expect(opened.table.check()).resolves.toBeUndefined();
    });

    test('makes exactly the steps that the state machine allows, in every state, for any facts', async () => {
      const events = transitions.map(({ event }) => event);
      const move = fc.record({
        event: fc.constantFrom(...events),
        rightClaim: fc.boolean(),
        rightVersion: fc.integer({ min: 0, max: 9 }).map((roll) => roll > 0),
        later: fc.constantFrom(0, 1, 40_000, 400_000),
        due: fc.constantFrom(0, 30_000),
        requestCancel: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 12 }), async (moves) => {
          let job = await created();
          let now = job.updatedAt;
          for (const { event, rightClaim, rightVersion, later, due, requestCancel } of moves) {
            now += later;
            if (requestCancel) {
              const touched = await opened.table.touch('requestCancel', job.jobId, {}, { cancelRequested: true });
              expect(touched.ok).toBe(job.status === 'PROCESSING');
              job = touched.job ?? job;
            }
            const rule = transitionOf(event);
            const facts = {
              now: { low: now - 900, high: now + 900, at: now },
              claimId: rightClaim ? (job.claim?.id ?? 'claim') : 'not the claim',
              stuckBefore: now - 300_000,
              writeId: job.writeId,
            };
            const version = rightVersion ? job.version : job.version - 1;
            const allowed = allows(rule, job, { ...facts, version });
            const claim =
              rule.to === 'PROCESSING'
                ? { claim: { id: 'claim', expiresAt: now + 30_000 }, attempts: job.attempts + 1, dueAt: now + due }
                : {};
            const isAnew = event.startsWith('retry') || event === 'revive';
            const retry = isAnew ? { generation: job.generation + 1, attempts: 0, cancelRequested: false } : {};
            const result = await step(event, { ...job, version }, { facts, changes: { ...claim, ...retry } });
            expect([event, result.ok]).toEqual([event, allowed]);
            const present = await opened.table.get(job.jobId);
            expect(result.job).toEqual(present);
            if (present === undefined) throw new Error('the job is gone');
            expect(jobStatuses).toContain(present.status);
            expect(present.version).toBe(allowed ? job.version + 1 : job.version);
            expect(present.status).toBe(allowed ? rule.to : job.status);
            expect(present.history.map((entry) => entry.version)).toEqual(present.history.map((_, index) => index + 1));
            expect(present.history.at(-1)?.status).toBe(present.status);
            expect(present.claim !== undefined).toBe(present.status === 'PROCESSING');
            if (present.status === 'PENDING') expect(present.cancelRequested).toBe(false);
            if (isFinal(present.status) && allowed) expect(present.finishedAt).toBe(now);
            job = present;
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}
