import { describe, expect, test } from 'vitest';
import { exactly } from '../clock.ts';
import { JobError } from '../errors.ts';
import { abortBulkOperation } from './createBulkOperation.ts';
import { isPage, Killed, openBulkStage, retriesOf } from './testBulkStage.ts';

const someJobs = 7;
const leaseMs = 31_000;
const allDone = { status: 'COMPLETED', matched: someJobs, done: someJobs, skipped: 0, failed: 0 };

/** Killed at each effect in turn, right before or right after it; told what it had done by then. */
async function killedAnywhere(
  act: (kill: { readonly before?: () => void; readonly after?: () => void }, owner: string) => Promise<'killed' | 'survived'>,
): Promise<number> {
  for (const when of ['before', 'after'] as const) {
    for (let fatal = 1; ; fatal += 1) {
      let effects = 0;
      const kill = (): void => {
        effects += 1;
        if (effects >= fatal) throw new Killed();
      };
      if ((await act({ [when]: kill }, `${when}-${fatal}`)) === 'survived') {
        if (when === 'after') return fatal;
        break;
      }
      if (fatal > 200) throw new Error('it never ends');
    }
  }
  throw new Error('unreachable');
}

describe('a retry of many jobs', () => {
  test('retries each job once, wherever it is killed, and does not touch jobs that fail again', async () => {
    const stage = await openBulkStage();
    const kills = await killedAnywhere(async (kill, owner) => {
      const jobs = await Promise.all(Array.from({ length: someJobs }, () => stage.failed({ owner })));
      const operation = await stage.ask({ owner });
      // Workers: each message’s job fails again at once.
      const refail = async (): Promise<void> => {
        for (const { jobId } of stage.sent.splice(0)) if ((await stage.found(jobId)).status === 'PENDING') await stage.fail({ jobId });
      };
      await stage.run(stage.process(kill));
      const { status } = await stage.present(operation);
      await refail();
      stage.pass(leaseMs);
      for (let run = 0; run < 3; run += 1) {
        await stage.run();
        await refail();
      }
      expect(await stage.present(operation)).toMatchObject(allDone);
      for (const { jobId } of jobs) {
        const job = await stage.found(jobId);
        expect([retriesOf(job), job.generation, job.status]).toEqual([1, 2, 'FAILED_FINAL']);
      }
      return status === 'COMPLETED' ? 'survived' : 'killed';
    });
    // A page takes a begin and a plan, a transition and a message per job, and an outcome: more effects than this.
    expect(kills).toBeGreaterThan(2 * someJobs);
  });

  test('skips jobs that change between the write of the page and their turn', async () => {
    const stage = await openBulkStage();
    const jobs = await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask();
    const [first] = jobs;
    if (first === undefined) throw new Error('no job');
    let isDone = false;
    const meddled = stage.process({
      async after(effect, value) {
        if (isDone || !isPage(effect, value)) return;
        isDone = true;
        const facts = { now: exactly(stage.clock.now()), version: first.version };
        expect((await stage.table.transition('retry', first.jobId, { facts, attempt: 0, changes: { generation: 2 } })).ok).toBe(true);
      },
    });
    await stage.run(meddled);
    expect(await stage.present(operation)).toMatchObject({ ...allDone, done: someJobs - 1, skipped: 1 });
    expect(retriesOf(await stage.found(first.jobId))).toBe(1);
  });

  test('is shared by several processes at once, which retry each job once', async () => {
    const stage = await openBulkStage();
    const jobs = await Promise.all(Array.from({ length: 20 }, () => stage.failed()));
    const operations = await Promise.all([stage.ask(), stage.ask({ filter: { type: ['simulate_work'] } })]);
    await Promise.all([stage.run(), stage.run(), stage.run()]);
    stage.pass(leaseMs);
    await stage.run();
    const [one, other] = await Promise.all(operations.map(stage.present));
    expect([one?.status, other?.status]).toEqual(['COMPLETED', 'COMPLETED']);
    // If two processes meet, only one of them retries a job.
    expect((one?.done ?? 0) + (other?.done ?? 0)).toBe(jobs.length);
    for (const { jobId } of jobs) expect(retriesOf(await stage.found(jobId))).toBe(1);
  });

  test('counts each job once where a holder wakes up after its lease, in the middle of a page', async () => {
    const stage = await openBulkStage();
    const jobs = await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask();
    const [asleep, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let transitions = 0;
    const sleepy = stage.process({
      async before(effect) {
        if (effect !== 'transition') return;
        transitions += 1;
        if (transitions !== 2) return;
        asleep.resolve();
        await awake.promise;
      },
    });
    const late = stage.run(sleepy);
    await asleep.promise;
    stage.pass(leaseMs);
    await stage.run();
    awake.resolve();
    await late;
    expect(await stage.present(operation)).toMatchObject(allDone);
    for (const { jobId } of jobs) expect(retriesOf(await stage.found(jobId))).toBe(1);
  });

  test('waits for the end of an outage of the queues, and sends what it had retried', async () => {
    const stage = await openBulkStage();
    const jobs = await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask();
    await stage.run(
      stage.process({
        before(effect) {
          if (effect === 'send') throw new JobError('QUEUE_UNAVAILABLE');
        },
      }),
    );
    stage.pass(leaseMs);
    await stage.run();
    expect((await stage.present(operation)).status).toBe('COMPLETED');
    expect(new Set(stage.sent.map(({ jobId }) => jobId))).toEqual(new Set(jobs.map(({ jobId }) => jobId)));
  });

  test('does not touch jobs that ended or were handed in later, succeeded, or belong to others', async () => {
    const stage = await openBulkStage();
    const [old, open, cancelled] = [await stage.failed(), await stage.created(), await stage.created()];
    const others = await stage.failed({ owner: 'owner-2' });
    const facts = { now: exactly(stage.clock.now()), version: 1 };
    await stage.table.transition('cancel', cancelled.jobId, { facts, attempt: 0, changes: { finishedAt: facts.now.at } });
    const operation = await stage.ask({ filter: { type: ['simulate_work'] } });
    stage.pass(1000);
    await stage.fail(open);
    const late = await stage.failed({ createdAt: stage.clock.now() });
    await stage.run();
    expect(await stage.present(operation)).toMatchObject({ matched: 1, done: 1 });
    expect((await stage.found(old.jobId)).generation).toBe(2);
    for (const { jobId } of [open, cancelled, others, late]) expect((await stage.found(jobId)).generation).toBe(1);
  });

  test("of all owners processes the jobs of all, and of a named one only that one's", async () => {
    const stage = await openBulkStage();
    const jobs = [await stage.failed(), await stage.failed({ owner: 'owner-2' }), await stage.failed({ owner: 'owner-3' })];
    const named = await stage.ask({ owner: 'owner-2' });
    await stage.run();
    expect(await stage.present(named)).toMatchObject({ matched: 1, done: 1 });
    const all = await stage.ask({ owner: undefined });
    await stage.run();
    expect(await stage.present(all)).toMatchObject({ matched: 2, done: 2 });
    for (const { jobId } of jobs) expect(retriesOf(await stage.found(jobId))).toBe(1);
  });

  test('only counts in a dry run', async () => {
    const stage = await openBulkStage();
    const jobs = await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask({ isDryRun: true });
    await stage.run();
    expect(await stage.present(operation)).toMatchObject({ status: 'COMPLETED', matched: someJobs, done: 0, skipped: 0, failed: 0 });
    for (const job of jobs) expect(await stage.found(job.jobId)).toEqual(job);
    expect(stage.sent).toEqual([]);
  });

  test('processes no more than a page after its abort, and reports what that did', async () => {
    const stage = await openBulkStage();
    await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask();
    let pages = 0;
    const aborted = stage.process({
      async after(effect, value) {
        if (!isPage(effect, value)) return;
        pages += 1;
        if (pages === 2) await abortBulkOperation(stage.core, { owner: stage.owner, operationId: operation.operationId });
      },
    });
    await stage.run(aborted);
    await stage.run();
    expect(await stage.present(operation)).toMatchObject({ status: 'ABORTED', matched: 6, done: 6, skipped: 0 });
    expect(stage.sent).toHaveLength(6);
  });

  test('processes nothing more where it was aborted while its holder was dead', async () => {
    const stage = await openBulkStage();
    await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask();
    let transitions = 0;
    await stage.run(
      stage.process({
        before(effect) {
          if (effect === 'transition') transitions += 1;
          if (transitions > 1) throw new Killed();
        },
      }),
    );
    await abortBulkOperation(stage.core, { owner: stage.owner, operationId: operation.operationId });
    stage.pass(leaseMs);
    await stage.run();
    expect(await stage.present(operation)).toMatchObject({ status: 'ABORTED', matched: 3, done: 1, skipped: 0, failed: 0 });
  });

  test('never processes more than its limit per second, and stops between pages when it is asked to', async () => {
    const stage = await openBulkStage();
    await Promise.all(Array.from({ length: someJobs }, () => stage.failed()));
    const operation = await stage.ask({ perSecond: 2 });
    const times: number[] = [];
    const stopping = new AbortController();
    const noting = stage.process({
      after(effect) {
        if (effect === 'transition') times.push(stage.clock.now());
        if (times.length === 6) stopping.abort();
      },
    });
    await stage.run(noting, stopping.signal);
    expect(times).toHaveLength(6);
    for (const [index, time] of times.slice(2).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(1000);
    // The operation was given back: nobody has to wait for a lease.
    expect(await stage.present(operation)).toMatchObject({ status: 'RUNNING', done: 6 });
    expect((await stage.present(operation)).lease).toBeUndefined();
    stage.pass(1000);
    await stage.run();
    expect(await stage.present(operation)).toMatchObject(allDone);
  });
});

describe('a cancel of many jobs', () => {
  test('cancels waiting jobs and asks running ones, once each, wherever it is killed', async () => {
    const stage = await openBulkStage();
    await killedAnywhere(async (kill, owner) => {
      const waiting = await Promise.all(Array.from({ length: 4 }, () => stage.created({ owner })));
      const running = await Promise.all(Array.from({ length: 3 }, () => stage.claimed({ owner })));
      const operation = await stage.ask({ owner, action: 'CANCEL', filter: { type: ['simulate_work'] } });
      await stage.run(stage.process(kill));
      const { status } = await stage.present(operation);
      stage.pass(leaseMs);
      await stage.run();
      expect(await stage.present(operation)).toMatchObject(allDone);
      for (const { jobId } of waiting) expect(await stage.found(jobId)).toMatchObject({ status: 'CANCELLED', version: 2 });
      for (const { jobId } of running) expect(await stage.found(jobId)).toMatchObject({ status: 'PROCESSING', cancelRequested: true });
      return status === 'COMPLETED' ? 'survived' : 'killed';
    });
  });

  test('cancels a job that a worker takes meanwhile, and not one that ended or was retried', async () => {
    const stage = await openBulkStage();
    const [taken, ends, anew] = [await stage.created(), await stage.created(), await stage.created()];
    const operation = await stage.ask({ action: 'CANCEL', filter: { createdAfter: 0 } });
    let isDone = false;
    const meddled = stage.process({
      async after(effect, value) {
        if (isDone || !isPage(effect, value)) return;
        isDone = true;
        await stage.claim(taken);
        await stage.fail(ends);
        const { version } = await stage.fail(anew);
        const facts = { now: exactly(stage.clock.now()), version };
        await stage.table.transition('retry', anew.jobId, { facts, attempt: 0, changes: { generation: 2 } });
      },
    });
    await stage.run(meddled);
    expect(await stage.present(operation)).toMatchObject({ matched: 3, done: 1, skipped: 2 });
    expect(await stage.found(taken.jobId)).toMatchObject({ status: 'PROCESSING', cancelRequested: true });
    expect((await stage.found(ends.jobId)).status).toBe('FAILED_FINAL');
    expect(await stage.found(anew.jobId)).toMatchObject({ status: 'PENDING', cancelRequested: false });
  });
});
