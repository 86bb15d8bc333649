/** The promises of every table for jobs whose owner has webhooks: an ended job is found until its deliveries were made. */
import { describe, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { failedStatuses, type Job } from '../../core/job.ts';
import type { JobPlaceName } from '../../core/place.ts';
import type { JobTable, WriteResult } from '../../core/table/jobTable.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { makeJob } from '../support/jobFactory.ts';
import { quietParts } from '../support/quietParts.ts';

export function exerciseWebhookPlaces(tableOf: () => JobTable): void {
  const places: readonly JobPlaceName[] = ['open', 'webhooks', ...failedStatuses];

  async function placesOf({ jobId }: Job): Promise<readonly JobPlaceName[]> {
    const found: JobPlaceName[] = [];
    for (const place of places) {
      const { jobs } = await tableOf().listPlaced({ place, from: jobId, below: `${jobId}~`, limit: 10 });
      if (jobs.some((job) => job.jobId === jobId)) found.push(place);
    }
    return found;
  }

  async function created(changes: Partial<Job>): Promise<Job> {
    const { job } = await tableOf().create(makeJob(changes));
    if (job === undefined) throw new Error('the job was not created');
    return job;
  }

  /** Its writer makes no deliveries: only that the job is found counts here. */
  const untelling = { ...quietParts, feed: createMemoryFeed() };
  const facts = { now: exactly(Date.now()), claimId: 'claim' };
  const cancel = (job: Job) =>
    tableOf().transition('cancel', job.jobId, {
      facts: { ...facts, version: job.version },
      attempt: 0,
      webhookVersion: job.webhookVersion,
    });
  const tell = ({ jobId, version, status }: Job, webhookVersion = version): Promise<WriteResult> =>
    tableOf().touch('tellWebhooks', jobId, { version, status }, { webhookVersion });

  async function ended(written: Promise<WriteResult>): Promise<Job> {
    const { ok, job } = await written;
    if (!ok) throw new Error('the job did not end');
    return job;
  }

  describe('jobs with webhooks', () => {
    test('have a place of their own once they have ended, until their deliveries were made', async () => {
      const open = await created({ webhookVersion: 0 });
      expect(await placesOf(open)).toEqual(['open']);
      const over = await ended(cancel(open));
      expect(over).toMatchObject({ webhookVersion: 0, version: 2 });
      await expect.poll(() => placesOf(over)).toEqual(['webhooks']);
      expect(await tell(over)).toMatchObject({ ok: true, job: { webhookVersion: 2, version: 2 } });
      await expect.poll(() => placesOf(over)).toEqual(['CANCELLED']);
    });

    test('leave all places where they succeeded', async () => {
      const claim = { id: 'claim', expiresAt: Date.now() + 60_000 };
      const running = await created({ status: 'PROCESSING', claim, webhookVersion: 0 });
      const over = await ended(
        tableOf().transition('succeed', running.jobId, { facts: { ...facts, version: 1 }, attempt: 1, webhookVersion: 0 }),
      );
      await expect.poll(() => placesOf(over)).toEqual(['webhooks']);
      await tell(over);
      await expect.poll(() => placesOf(over)).toEqual([]);
    });

    test('are found also where their writer did not know that they have any', async () => {
      const open = await created({});
      expect(await tell(open, 0)).toMatchObject({ ok: true, job: { webhookVersion: 0 } });
      // As it was read before.
      const over = await ended(cancel(open));
      expect(over).toMatchObject({ status: 'CANCELLED', webhookVersion: 0 });
      await expect.poll(() => placesOf(over)).toEqual(['webhooks']);
    });

    test('that have ended are found once they are known to have some', async () => {
      const over = await ended(cancel(await created({})));
      await expect.poll(() => placesOf(over)).toEqual(['CANCELLED']);
      await tell(over, 1);
      await expect.poll(() => placesOf(over)).toEqual(['webhooks']);
    });

    test('are handled as they were read, without what has come since', async () => {
      const open = await created({ webhookVersion: 0 });
      const over = await ended(cancel(open));
      expect(await tell(open)).toMatchObject({ ok: false, job: { version: 2, webhookVersion: 0 } });
      expect(await tell(over)).toMatchObject({ ok: true });
      const again = await ended(
        transitionJob({ ...untelling, table: tableOf() }, 'retry', { ...over, webhookVersion: undefined }, { facts }),
      );
      expect(again).toMatchObject({ version: 3, webhookVersion: 2 });
      await expect.poll(() => placesOf(again)).toEqual(['open']);
    });

    test('cost no place where their owner has none', async () => {
      const over = await ended(cancel(await created({})));
      expect(over.webhookVersion).toBeUndefined();
      await expect.poll(() => placesOf(over)).toEqual(['CANCELLED']);
    });
  });
}
