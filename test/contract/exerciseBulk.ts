/** The promises of every table for bulk operations: found, worked on, killed, continued, listed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicFactory } from 'ulid';
import { describe, expect, test } from 'vitest';
import { JobError } from '../../core/errors.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { bulkDraft, bulkKind, getBulkOperation } from '../../core/usecases/bulkOperations.ts';
import { abortBulkOperation, createBulkOperation } from '../../core/usecases/createBulkOperation.ts';
import type { Core } from '../../core/usecases/core.ts';
import { listBulkOperations } from '../../core/usecases/listBulkOperations.ts';
import { runBulkOperations } from '../../core/usecases/runBulkOperations.ts';
import { simulatedCore } from '../simulation/simulatedCore.ts';
import { makeJob } from '../support/jobFactory.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

export function exerciseBulk(tableOf: () => JobTable): void {
  const newOwner = (): string => `owner-${crypto.randomUUID()}`;

  function coreOf(table: JobTable, send: Core['queues']['send'] = () => Promise.resolve()): Core {
    const queues = sendOnlyQueues(send);
    return simulatedCore({ table, queues, clock: { now: Date.now }, newJobId: monotonicFactory() });
  }

  async function failedJob(owner: string): Promise<string> {
    const now = Date.now() - 2000;
    const error = { code: 'PERMANENT', message: 'x', attempt: 1, at: now };
    const job = makeJob({ owner, status: 'FAILED_FINAL', version: 1, error, createdAt: now, finishedAt: now, expiresAt: 4_000_000_000 });
    await tableOf().create({ ...job, history: [{ version: 1, status: 'FAILED_FINAL', at: now, attempt: 1, error }] });
    return job.jobId;
  }

  describe('bulk operations', () => {
    test('act on each job of their owner once, also where one holder dies and another goes on', async () => {
      const owner = newOwner();
      const jobIds = await Promise.all(Array.from({ length: 5 }, () => failedJob(owner)));
      const others = await failedJob(newOwner());
      const filter = { status: ['FAILED_FINAL'], errorCode: 'PERMANENT' } as const;
      const core = coreOf(tableOf());
      const listed = () => tableOf().listOwned({ owner, ...filter, newestFirst: false, limit: 10 });
      await expect.poll(async () => (await listed()).length).toBe(5);
      const { operationId } = await createBulkOperation(core, {
        createdBy: owner,
        owner,
        action: 'RETRY',
        filter,
        isDryRun: false,
        perSecond: 100,
      });
      const present = async () => (await getBulkOperation(core, { owner, operationId })).value;
      // Its holder is cut off after the second message, and has a lease of 30 seconds, which the test ends early.
      let sent = 0;
      const dying = coreOf(tableOf(), () => ((sent += 1) > 2 ? Promise.reject(new JobError('QUEUE_UNAVAILABLE')) : Promise.resolve()));
      for (let tries = 0; (await present()).status === 'PENDING'; tries += 1) {
        // The index of places may lag.
        if (tries > 0) await sleep(20);
        await runBulkOperations(dying, { forMs: 5000 });
      }
      expect(await present()).toMatchObject({ status: 'RUNNING', matched: 5, done: 0 });
      expect((await present()).page).toHaveLength(5);
      await endLease(core, { owner, operationId });
      for (let tries = 0; (await present()).status === 'RUNNING'; tries += 1) {
        if (tries > 0) await sleep(20);
        await runBulkOperations(core, { forMs: 5000 });
      }
      expect(await present()).toMatchObject({ status: 'COMPLETED', matched: 5, done: 5, skipped: 0, failed: 0 });
      for (const job of await tableOf().getMany(jobIds)) expect(job).toMatchObject({ status: 'PENDING', generation: 2, version: 2 });
      expect(await tableOf().get(others)).toMatchObject({ status: 'FAILED_FINAL' });
      await expect.poll(listed).toEqual([]);
    });

    test('are listed newest first, by who asked for them, page by page, and ended before they begin', async () => {
      const createdBy = newOwner();
      const core = coreOf(tableOf());
      const ids: string[] = [];
      for (let index = 0; index < 3; index += 1) {
        const request = { createdBy, owner: createdBy, action: 'CANCEL', filter: { type: ['x'] }, isDryRun: false, perSecond: 1 } as const;
        const { operationId } = await createBulkOperation(core, request);
        ids.unshift(operationId);
        expect(await abortBulkOperation(core, { owner: createdBy, operationId })).toMatchObject({ status: 'ABORTED' });
      }
      const list = (page: object) => listBulkOperations(core, { createdBy, ...page });
      await expect.poll(async () => (await list({})).edges.map(({ node }) => node.operationId)).toEqual(ids);
      const { edges, pageInfo } = await list({ first: 2 });
      expect([edges.map(({ node }) => node.operationId), pageInfo.hasNextPage]).toEqual([ids.slice(0, 2), true]);
      const rest = await list({ first: 2, after: pageInfo.endCursor });
      expect([rest.edges.map(({ node }) => node.operationId), rest.pageInfo.hasNextPage]).toEqual([ids.slice(2), false]);
      expect((await listBulkOperations(core, { createdBy: newOwner() })).edges).toEqual([]);
      await expect(list({ after: 'x' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    });
  });
}

async function endLease(core: Core, which: { readonly owner: string; readonly operationId: string }): Promise<void> {
  const known = await getBulkOperation(core, which);
  const { low } = await core.table.time();
  const draft = bulkDraft(core, { ...known.value, lease: undefined, nextAt: low }, low);
  expect((await core.table.entries.replace(bulkKind, known, draft)).ok).toBe(true);
}
