/** The promises of every table for searches: by tags, by time, by error, and among the failed jobs of all owners. */
import { describe, expect, test } from 'vitest';
import { encodeTime } from 'ulid';
import { exactly } from '../../core/clock.ts';
import { failedStatuses, jobStatuses, type Job, type JobStatus } from '../../core/job.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import type { JobsFilter } from '../../core/usecases/jobsFilter.ts';
import { countJobs, listJobs } from '../../core/usecases/listJobs.ts';
import { makeJob } from '../support/jobFactory.ts';

const newOwner = (): string => `owner-${crypto.randomUUID()}`;

export function exerciseSearch(tableOf: () => JobTable): void {
  async function created(changes: Partial<Job>): Promise<Job> {
    const { ok, job } = await tableOf().create(makeJob(changes));
    if (!ok || job === undefined) throw new Error('the job was not created');
    return job;
  }

  async function claim({ jobId, version }: Job): Promise<Job> {
    const now = exactly(Date.now());
    const { job } = await tableOf().transition('claim', jobId, {
      facts: { now, version },
      attempt: 1,
      changes: { claim: { id: 'claim', expiresAt: now.high + 30_000 } },
    });
    if (job === undefined) throw new Error('the job was not claimed');
    return job;
  }

  async function end(job: Job, event: 'succeed' | 'failForGood', code = 'PERMANENT'): Promise<void> {
    const now = exactly(Date.now());
    const { jobId, version } = await claim(job);
    const error = event === 'succeed' ? undefined : { code, message: 'x', attempt: 1, at: now.at };
    const { ok } = await tableOf().transition(event, jobId, { facts: { now, version, claimId: 'claim' }, attempt: 1, error });
    if (!ok) throw new Error('the job did not end');
  }

  async function found(owner: string | undefined, filter: JobsFilter, page: object = { first: 100 }): Promise<readonly string[]> {
    const { edges } = await listJobs({ table: tableOf() }, { owner, filter, ...page });
    return edges.map(({ job }) => job.jobId);
  }

  const count = (owner: string | undefined, filter: JobsFilter) => countJobs({ table: tableOf() }, { owner, filter });

  describe('search', () => {
    test('finds a job by each of its tags, exactly, and by all of several', async () => {
      const owner = newOwner();
      const odd = ['é', 'e\u0301', '🙂', 'a#b', '"', ',', '\\', 'A', 'a', '%', '\n'];
      const jobs = new Map<string, string>();
      for (const tag of odd) jobs.set(tag, (await created({ owner, tags: ['all', tag] })).jobId);
      const other = newOwner();
      await created({ owner: other, tags: odd.slice(0, 5) });
      await expect.poll(() => found(owner, { tags: ['all'] })).toEqual([...jobs.values()].toReversed());
      for (const [tag, jobId] of jobs) {
        expect(await found(owner, { tags: [tag] })).toEqual([jobId]);
        expect(await found(owner, { tags: ['all', tag] })).toEqual([jobId]);
        expect(await found(owner, { tags: [tag, 'all'] })).toEqual([jobId]);
      }
      expect(await found(owner, { tags: ['al'] })).toEqual([]);
      expect(await found(owner, { tags: ['é', '🙂'] })).toEqual([]);
      expect(await count(owner, { tags: ['all'] })).toEqual({ count: odd.length, isExact: true });
    });

    test('finds what a filter of several words chooses, as the records say, in both directions and page by page', async () => {
      const owner = newOwner();
      const jobs: Job[] = [];
      for (let index = 0; index < 24; index += 1) {
        const job = await created({
          owner,
          type: index % 2 === 0 ? 'simulate_work' : 'transform_data',
          tags: [`third-${index % 3}`, ...(index % 4 === 0 ? ['fourth'] : [])],
        });
        if (index % 6 === 0) await end(job, 'succeed');
        if (index % 6 === 1) await end(job, 'failForGood', index < 12 ? 'PERMANENT' : 'TIMEOUT');
        if (index % 6 === 2) await claim(job);
        jobs.push(job);
      }
      const records = (await tableOf().getMany(jobs.map(({ jobId }) => jobId))).filter((job) => job !== undefined);
      await expect.poll(async () => (await found(owner, { status: ['FAILED_FINAL', 'SUCCEEDED'] })).length).toBe(8);
      await expect.poll(async () => (await found(owner, { tags: ['fourth'] })).length).toBe(6);
      const statuses: (readonly JobStatus[] | undefined)[] = [undefined, ...jobStatuses.map((one) => [one]), ['PENDING', 'FAILED_FINAL']];
      for (const status of statuses) {
        for (const type of [undefined, ['transform_data'], ['transform_data', 'simulate_work']]) {
          for (const tags of [undefined, ['third-1'], ['third-0', 'fourth']]) {
            for (const errorCode of [undefined, 'TIMEOUT']) {
              const filter = { status, type, tags, errorCode };
              const chosen = records.filter(
                (job) =>
                  (status?.includes(job.status) ?? true) &&
                  (type?.includes(job.type) ?? true) &&
                  (tags?.every((tag) => job.tags?.includes(tag)) ?? true) &&
                  (errorCode === undefined || job.error?.code === errorCode),
              );
              const ids = chosen.map(({ jobId }) => jobId).toReversed();
              expect(await found(owner, filter), JSON.stringify(filter)).toEqual(ids);
              expect(await found(owner, filter, { last: 2 })).toEqual(ids.slice(-2));
              expect(await count(owner, filter)).toEqual({ count: ids.length, isExact: true });
            }
          }
        }
      }
      const pages: string[] = [];
      for (let after: string | undefined; ;) {
        const { edges, pageInfo } = await listJobs({ table: tableOf() }, { owner, filter: { tags: ['third-1'] }, first: 3, after });
        pages.push(...edges.map(({ job }) => job.jobId));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor ?? undefined;
      }
      expect(pages).toEqual(await found(owner, { tags: ['third-1'] }));
    });

    test('finds a job by the error of an attempt while it is open, and no longer once it is retried or has succeeded', async () => {
      const owner = newOwner();
      const filter = { errorCode: 'TIMEOUT' };
      const [first, second] = [await claim(await created({ owner, tags: ['t'] })), await claim(await created({ owner }))];
      for (const { jobId } of [first, second]) {
        const error = { code: 'TIMEOUT', message: 'x', attempt: 1, at: 1 };
        const facts = { now: exactly(Date.now()), claimId: 'claim', failures: 1 };
        expect((await tableOf().touch('fail', jobId, facts, { failures: 1, error })).ok).toBe(true);
      }
      const ids = [second.jobId, first.jobId];
      await expect.poll(() => found(owner, filter)).toEqual(ids);
      expect(await found(owner, { ...filter, tags: ['t'] })).toEqual([first.jobId]);
      expect(await found(owner, { ...filter, status: ['PROCESSING', 'SUCCEEDED'] })).toEqual(ids);
      expect(await count(owner, filter)).toEqual({ count: 2, isExact: true });
      const ends = { facts: { now: exactly(Date.now()), version: first.version, claimId: 'claim' }, attempt: 1 };
      await tableOf().transition('succeed', first.jobId, { ...ends, changes: { error: null } });
      await expect.poll(() => found(owner, filter)).toEqual([second.jobId]);
      const { job } = await tableOf().transition('failForGood', second.jobId, ends);
      const facts = { now: exactly(Date.now()), version: job?.version ?? 0 };
      expect(await found(owner, { ...filter, status: ['FAILED_FINAL'] })).toEqual([second.jobId]);
      await tableOf().transition('retry', second.jobId, { facts, attempt: 0, changes: { error: null } });
      await expect.poll(() => count(owner, filter)).toEqual({ count: 0, isExact: true });
    });

    test('finds jobs by the time of their creation and by the beginning of their ids', async () => {
      const owner = newOwner();
      const base = 1_700_000_000_000;
      const jobs: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        const jobId = `${encodeTime(base + index * 1000, 10)}${'0'.repeat(15)}${String(index)}`;
        await created({ owner, jobId, tags: ['t'] });
        jobs.push(jobId);
      }
      const newest = jobs.toReversed();
      for (const tags of [undefined, ['t']]) {
        await expect.poll(() => found(owner, { tags })).toEqual(newest);
        expect(await found(owner, { tags, createdAfter: base + 2000 })).toEqual(newest.slice(0, 4));
        expect(await found(owner, { tags, createdBefore: base + 2000 })).toEqual(newest.slice(4));
        const middle = { tags, createdAfter: base + 1000, createdBefore: base + 4000 };
        expect(await found(owner, middle)).toEqual(newest.slice(2, 5));
        expect(await found(owner, middle, { first: 1 })).toEqual(newest.slice(2, 3));
        expect(await found(owner, middle, { last: 2 })).toEqual(newest.slice(3, 5));
        expect(await count(owner, middle)).toEqual({ count: 3, isExact: true });
        expect(await found(owner, { tags, createdAfter: base + 9000 })).toEqual([]);
        expect(await found(owner, { tags, createdAfter: base + 2000, createdBefore: base + 2000 })).toEqual([]);
        for (const [index, jobId] of jobs.entries()) {
          expect(await found(owner, { tags, jobIdPrefix: jobId })).toEqual([jobId]);
          expect(await found(owner, { tags, jobIdPrefix: jobId.slice(0, 10).toLowerCase() })).toEqual([jobs[index]]);
        }
        expect(await found(owner, { tags, jobIdPrefix: 'nothing like it, and longer than any id is' })).toEqual([]);
      }
    });

    test('finds the job of an idempotency key among those that match', async () => {
      const owner = newOwner();
      const idempotencyKey = crypto.randomUUID();
      const { jobId } = await created({ owner, idempotencyKey, tags: ['t'] });
      await created({ owner, tags: ['t'] });
      await tableOf().lock(owner, idempotencyKey, { jobId, payloadHash: 'h', expiresAt: 4_000_000_000 }, 0);
      expect(await found(owner, { idempotencyKey })).toEqual([jobId]);
      expect(await found(owner, { idempotencyKey, tags: ['t'] })).toEqual([jobId]);
      expect(await found(owner, { idempotencyKey, tags: ['u'] })).toEqual([]);
      expect(await found(newOwner(), { idempotencyKey })).toEqual([]);
      expect(await count(owner, { idempotencyKey })).toEqual({ count: 1, isExact: true });
    });

    test('finds what failed of all owners, newest first and page by page, until it is retried', async () => {
      const createdAfter = Date.now();
      const jobs: Job[] = [];
      for (let index = 0; index < 20; index += 1) {
        const job = await created({ owner: newOwner() });
        await end(job, index % 2 === 0 ? 'failForGood' : 'succeed');
        if (index % 2 === 0) jobs.push(job);
      }
      const filter = { status: ['FAILED', 'FAILED_FINAL'], createdAfter } as const;
      const ids = jobs.map(({ jobId }) => jobId).toReversed();
      await expect.poll(() => found(undefined, filter)).toEqual(ids);
      expect(await count(undefined, filter)).toEqual({ count: 10, isExact: true });
      for (const [size, next] of [
        ['first', 'after'],
        ['last', 'before'],
      ] as const) {
        const seen: string[] = [];
        for (let cursor: string | undefined; ;) {
          const { edges, pageInfo } = await listJobs({ table: tableOf() }, { owner: undefined, filter, [size]: 3, [next]: cursor });
          const page = edges.map(({ job }) => job.jobId);
          if (size === 'first') seen.push(...page);
          else seen.unshift(...page);
          if (!(size === 'first' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break;
          cursor = (size === 'first' ? pageInfo.endCursor : pageInfo.startCursor) ?? undefined;
        }
        expect(seen).toEqual(ids);
      }
      const [first] = jobs;
      const job = first === undefined ? undefined : await tableOf().get(first.jobId);
      if (job === undefined) throw new Error('no job');
      const facts = { now: exactly(Date.now()), version: job.version };
      expect((await tableOf().transition('retry', job.jobId, { facts, attempt: 0 })).ok).toBe(true);
      await expect.poll(() => found(undefined, filter)).toEqual(ids.slice(0, -1));
      await expect
        .poll(() => tableOf().listPlaced({ place: 'open', from: job.jobId, limit: 1 }))
        .toMatchObject({ jobs: [{ jobId: job.jobId }] });
    });

    test('tells the newest jobs of a time with their types and outcomes, and of all owners where it knows them', async () => {
      const owner = newOwner();
      const base = Date.now() - 3_600_000;
      const idAt = (seconds: number): string =>
        `${encodeTime(base + seconds * 1000, 10)}${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
      const ids = [0, 1, 2, 3].map(idAt).map((id) => id.toUpperCase());
      const [first = '', second = '', third = '', fourth = ''] = ids;
      await end(await created({ owner, jobId: first }), 'succeed');
      await end(await created({ owner, jobId: second, type: '"odd" 🙂' }), 'failForGood');
      await claim(await created({ owner, jobId: third }));
      await created({ owner, jobId: fourth });
      const range = { from: second, below: fourth };
      const told = [
        { jobId: third, type: 'simulate_work' },
        { jobId: second, type: '"odd" 🙂', outcome: 'FAILED_FINAL' },
      ];
      await expect.poll(() => tableOf().surveyOwned({ owner, ...range, limit: 9 })).toEqual(told);
      await expect.poll(async () => (await tableOf().surveyOwned({ owner, limit: 9 }))?.at(-1)?.outcome).toBe('SUCCEEDED');
      expect(await tableOf().surveyOwned({ owner, ...range, limit: 1 })).toEqual(told.slice(0, 1));
      expect(await tableOf().surveyOwned({ owner, from: second, below: second, limit: 9 })).toEqual([]);
      expect((await tableOf().surveyOwned({ owner, limit: 9 }))?.map(({ jobId }) => jobId)).toEqual(ids.toReversed());
      const all = await tableOf().surveyOwned({ owner: undefined, ...range, limit: 100 });
      if (all !== undefined) expect(all).toEqual(told);
    });

    test('looks no further for what waits than it is told to, and finds it among few', async () => {
      const owner = newOwner();
      const done = await created({ owner });
      const { jobId } = await created({ owner });
      await end(done, 'succeed');
      const query = { owner, status: ['PENDING'], newestFirst: false, limit: 5 } as const;
      await expect.poll(() => tableOf().listOwned({ ...query, mostRows: 10 })).toEqual([jobId]);
      expect((await tableOf().listOwned({ ...query, mostRows: 1 })).filter((id) => id !== jobId)).toEqual([]);
    });

    test('refuses to look through all owners’ jobs for what no index holds', async () => {
      for (const filter of [{}, { status: [...failedStatuses, 'SUCCEEDED'] as const }, { status: failedStatuses, idempotencyKey: 'k' }]) {
        await expect(found(undefined, filter)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
        await expect(count(undefined, filter)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      }
    });
  });
}
