/** The promises of every table for its lists: an owner's jobs, open jobs, and the progress of the sweeper. */
import { describe, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import { under, waitRank, type JobPlaceName } from '../../core/place.ts';
import type { JobTable, PlacedQuery } from '../../core/table/jobTable.ts';
import { waitKey, type Waiting } from '../../core/waiting.ts';
import { makeJob } from '../support/jobFactory.ts';

export function exerciseListings(tableOf: () => JobTable): void {
  async function created(changes: Partial<Job> = {}): Promise<Job> {
    const { ok, job } = await tableOf().create(makeJob(changes));
    if (!ok || job === undefined) throw new Error('the job was not created');
    return job;
  }

  async function placed(query: Omit<PlacedQuery, 'place'>) {
    const { jobs, next } = await tableOf().listPlaced({ place: 'open', ...query });
    return { jobIds: jobs.map(({ jobId }) => jobId), next };
  }

  const cancel = ({ jobId, version }: Job) =>
    tableOf().transition('cancel', jobId, { facts: { now: exactly(Date.now()), version }, attempt: 0 });

  describe('lists', () => {
    test('lists an owner’s jobs by creation in both directions, and by type and outcome', async () => {
      const owner = `owner-${crypto.randomUUID()}`;
      const jobs: Job[] = [];
      for (let index = 0; index < 5; index += 1)
        jobs.push(await created({ owner, type: index % 2 === 0 ? 'simulate_work' : 'transform_data' }));
      const [a, b, c, d, e] = jobs.map(({ jobId }) => jobId);
      const [, , third] = jobs;
      if (third === undefined) throw new Error('no job');
      await cancel(third);
      const list = (query: object) => tableOf().listOwned({ owner, newestFirst: true, limit: 10, ...query });
      await expect.poll(() => list({})).toEqual([e, d, c, b, a]);
      expect(await list({ limit: 2, beyond: d })).toEqual([c, b]);
      expect(await list({ newestFirst: false, beyond: b })).toEqual([c, d, e]);
      expect(await list({ type: ['transform_data'] })).toEqual([d, b]);
      await expect.poll(() => list({ status: ['CANCELLED'] })).toEqual([c]);
      await expect.poll(() => list({ status: ['PENDING', 'FAILED'] })).toEqual([e, d, b, a]);
    });

    test('lists what has not ended', async () => {
      const open = await created();
      const ended = await created();
      await cancel(ended);
      const listed = async (below?: string) => (await placed({ below, limit: 1000 })).jobIds;
      await expect.poll(() => listed()).toContain(open.jobId);
      await expect.poll(() => listed()).not.toContain(ended.jobId);
      expect(await listed(open.jobId)).not.toContain(open.jobId);
    });

    test('pages through what has not ended, oldest first, each once', async () => {
      const jobs = await Promise.all(Array.from({ length: 30 }, () => created()));
      const own = jobs.map(({ jobId }) => jobId).toSorted();
      await expect.poll(async () => (await placed({ limit: 1000 })).jobIds).toContain(own.at(-1));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await placed({ after, limit: 8 });
        expect(page.jobIds.length).toBeLessThanOrEqual(16);
        seen.push(...page.jobIds);
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual([...new Set(seen)].toSorted());
      expect(seen).toEqual(expect.arrayContaining(own));
    });

    test('moves a job to the place of what it waits for, and back, without a new version', async () => {
      const { jobId, version } = await created();
      const key = waitKey('type', crypto.randomUUID());
      const park = (waiting: Waiting) => tableOf().touch('park', jobId, { version }, { waiting });
      const at = async (place: JobPlaceName) =>
        (await tableOf().listPlaced({ place, limit: 1000 })).jobs.some((found) => found.jobId === jobId);
      for (const [place, waiting] of [
        ['due', { reason: 'RUN_AT', until: Date.now() + 3_600_000 }],
        ['paused', { reason: 'PAUSED', for: key }],
        ['limit', { reason: 'CONCURRENCY', for: key, until: 7 }],
      ] as const) {
        expect(await park(waiting)).toMatchObject({ ok: true, job: { version, status: 'PENDING', waiting } });
        expect(await park({ reason: 'RATE_LIMIT', for: key })).toMatchObject({ ok: false, job: { waiting } });
        await expect.poll(() => at(place)).toBe(true);
        await expect.poll(() => at('open')).toBe(false);
        const unpark = (facts: object) =>
          tableOf().touch('unpark', jobId, { version, waitingReason: waiting.reason, ...facts }, { waiting: null });
        expect(await unpark({ waitingReason: 'RATE_LIMIT' })).toMatchObject({ ok: false });
        expect(await unpark({ version: version + 1 })).toMatchObject({ ok: false });
        expect((await unpark({})).job?.waiting).toBeUndefined();
        expect(await unpark({})).toMatchObject({ ok: false });
        await expect.poll(() => at('open')).toBe(true);
        await expect.poll(() => at(place)).toBe(false);
      }
    });

    test('lists those that wait for one key in the order of creation, and jumps from key to key', async () => {
      const type = crypto.randomUUID();
      const keys = ['a', 'a#b', 'b"', '🙂'].map((key) => waitKey(type, key));
      const jobs = new Map<string, string[]>(keys.map((key) => [key, []]));
      for (const key of [...keys, ...keys, ...keys]) {
        const { jobId, version } = await created();
        await tableOf().touch('park', jobId, { version }, { waiting: { reason: 'CONCURRENCY', for: key } });
        jobs.get(key)?.push(jobId);
      }
      const of = async (key: string) =>
        (await tableOf().listPlaced({ place: 'limit', ...under(waitRank(key)), spread: key, limit: 100 })).jobs;
      for (const key of keys) await expect.poll(async () => (await of(key)).map(({ jobId }) => jobId)).toEqual(jobs.get(key));
      const all = under(`["${type}"`);
      const found: (string | undefined)[] = [];
      for (let after: string | undefined; ;) {
        const { jobs: page, next } = await tableOf().listPlaced({ place: 'limit', ...all, after, limit: 1 });
        const [first] = page;
        if (first === undefined && next === undefined) break;
        after = next;
        if (first === undefined) continue;
        const key = first.rank.slice(0, first.rank.lastIndexOf('#'));
        found.push(key);
        after = under(waitRank(key)).below;
      }
      expect(new Set(found)).toEqual(new Set(keys));
      expect(found).toHaveLength(keys.length);
    });

    test('takes a parked job from its place when it ends, and lets it be claimed only once its wait is over', async () => {
      const job = await created();
      const { jobId, version } = job;
      const at = async () => (await tableOf().listPlaced({ place: 'paused', limit: 1000 })).jobs.some((found) => found.jobId === jobId);
      await tableOf().touch('park', jobId, { version }, { waiting: { reason: 'PAUSED', for: 'x' } });
      const now = exactly(Date.now());
      expect(await tableOf().transition('claim', jobId, { facts: { now, version }, attempt: 1 })).toMatchObject({ ok: false });
      await expect.poll(at).toBe(true);
      const ended = await cancel(job);
      expect(ended.job?.waiting).toBeUndefined();
      expect(ended).toMatchObject({ ok: true, job: { status: 'CANCELLED' } });
      await expect.poll(at).toBe(false);
    });

    test('remembers how far the sweeper has come', async () => {
      const state = { ranAt: 1000, after: 'job', passBeganAt: 500, looked: 7, overdue: 1, lastPass: { tookMs: 9, looked: 8, overdue: 0 } };
      await tableOf().writeSweep(state);
      expect(await tableOf().readSweep()).toEqual(state);
      await tableOf().writeSweep({ ...state, after: undefined });
      expect((await tableOf().readSweep())?.after).toBeUndefined();
    });
  });
}
