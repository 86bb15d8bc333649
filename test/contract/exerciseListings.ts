/** What every table promises about its lists: an owner's jobs, what has not ended, and how far the sweeper has come. */
import { describe, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import type { JobTable, PlacedQuery } from '../../core/table/jobTable.ts';
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

    test('remembers how far the sweeper has come', async () => {
      const state = { ranAt: 1000, after: 'job', passBeganAt: 500, looked: 7, overdue: 1, lastPass: { tookMs: 9, looked: 8, overdue: 0 } };
      await tableOf().writeSweep(state);
      expect(await tableOf().readSweep()).toEqual(state);
      await tableOf().writeSweep({ ...state, after: undefined });
      expect((await tableOf().readSweep())?.after).toBeUndefined();
    });
  });
}
