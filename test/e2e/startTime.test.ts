/** Jobs that begin at a time that their client names: soon, far ahead, and moved. */
import { describe, expect, test } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import type { Job } from '../../core/job.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { createJob, createJobs, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { rescheduleJob } from '../../core/usecases/rescheduleJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { wakeDue } from '../../core/usecases/wakeDue.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { engines } from '../support/engines.ts';
import { startSystem } from '../support/startSystem.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

function request(changes: Partial<CreateJobRequest> = {}): CreateJobRequest {
  return { owner: 'owner', type: 'simulate_work', params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace', ...changes };
}

/** Notes when each job began. */
function watched() {
  const began = new Map<string, number>();
  const handler = defineHandler(simulateWork, (_params, { idempotencyKey }) => {
    began.set(idempotencyKey, Date.now());
    return Promise.resolve({ attempts: 1, sleptMs: 0 });
  });
  return { began, handlers: [handler] };
}

describe.each(engines)('a start at a time, on %s', (engine) => {
  test('never comes early, and normally within a second or two', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: ['worker'], handlers });
    const runAt = Date.now() + 1500;
    const outcomes = await createJobs(
      system.core,
      Array.from({ length: 20 }, (_, index) => request({ runAt: runAt + index * 37 })),
    );
    await expect.poll(() => began.size, { timeout: 15_000 }).toBe(20);
    for (const outcome of outcomes) {
      if (!outcome.ok) throw outcome.error;
      const { jobId, runAt: wanted = 0 } = outcome.job;
      expect(began.get(jobId)).toBeGreaterThanOrEqual(wanted);
      expect(began.get(jobId)).toBeLessThan(wanted + 3000);
    }
  });

  test('far ahead has no message and is not the sweeper’s, until the timer finds it near', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    const { job } = await createJob(core, request({ runAt: Date.now() + 20 * minuteMs }));
    expect(job).toMatchObject({ status: 'PENDING', waiting: { reason: 'RUN_AT', until: job.runAt }, dueAt: job.runAt });
    expect(await core.queues.depth('NORMAL')).toMatchObject({ visible: 0, delayed: 0 });
    expect(await wakeDue(core)).toEqual({ woken: 0, failed: 0 });

    const near = await rescheduleJob(core, { owner: 'owner', jobId: job.jobId, runAt: Date.now() + 16 * minuteMs });
    expect(near).toMatchObject({ version: 2, status: 'PENDING', waiting: { reason: 'RUN_AT' } });
    expect(await wakeDue({ ...core, table: { ...core.table, time: () => inMinutes(7) } })).toEqual({ woken: 1, failed: 0 });
    const woken = await core.table.get(job.jobId);
    expect(woken).toMatchObject({ version: 2, dueAt: near.dueAt });
    expect(woken?.waiting).toBeUndefined();
    await expect.poll(async () => (await core.queues.depth('NORMAL')).delayed).toBe(1);
    expect(await wakeDue({ ...core, table: { ...core.table, time: () => inMinutes(7) } })).toEqual({ woken: 0, failed: 0 });

    async function inMinutes(minutes: number) {
      const { low, high, at } = await core.table.time();
      return { low: low + minutes * minuteMs, high: high + minutes * minuteMs, at: at + minutes * minuteMs };
    }
  });

  test('is found by the timer however late that comes, and its message is made up for by the sweeper', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: [], handlers, env: { SWEEP_AFTER_SECONDS: '1' } });
    const { core } = system;
    const jobs = await Promise.all(Array.from({ length: 230 }, () => createJob(core, request({ runAt: Date.now() + dayMs }))));
    // As if that day had passed without a timer.
    for (const { job } of jobs)
      await core.table.touch('unpark', job.jobId, { version: 1, waitingReason: 'RUN_AT' }, { waiting: null, dueAt: Date.now() - 1 });
    for (const { job } of jobs)
      await core.table.touch('park', job.jobId, { version: 1 }, { waiting: { reason: 'RUN_AT', until: Date.now() - dayMs } });
    await expect.poll(async () => (await core.table.listPlaced({ place: 'due', limit: 1000 })).jobs.length).toBe(230);
    const refusing = { ...core.queues, send: () => Promise.reject(new JobError('QUEUE_UNAVAILABLE')) };
    // It dies on half of them: each is woken, and none is sent.
    const [first] = await Promise.all([wakeDue({ ...core, queues: refusing }), wakeDue({ ...core, queues: refusing })]);
    expect(first.woken).toBe(0);
    await expect.poll(async () => (await core.table.listPlaced({ place: 'due', limit: 1000 })).jobs.length).toBe(0);
    system.startWorker();
    await expect
      .poll(
        async () => {
          await sweepJobs({ ...core, settings: { ...core.settings, sweepIntervalSeconds: 60, sweepReadsPerMinute: 10_000 } });
          return began.size;
        },
        { timeout: 20_000 },
      )
      .toBe(230);
  });

  test('is moved, cancelled and retried like any other wait', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    const owner = 'owner';
    const [far, near] = [Date.now() + 300 * dayMs, Date.now() + 5 * minuteMs];
    const { job } = await createJob(core, request({ runAt: far, params: { payload: 'x'.repeat(5000) } }));
    if (job.params.kind !== 'apart') throw new Error('its params stand in the record');
    // It lives until a record would that ends after the start.
    expect(job.params.expiresAt).toBeGreaterThan(far / 1000 + 30 * 86_400);
    const { jobId } = job;
    const soon = await rescheduleJob(core, { owner, jobId, runAt: near });
    expect(soon).toMatchObject({ runAt: near, dueAt: near, version: 2 });
    expect(soon.waiting).toBeUndefined();
    expect(await rescheduleJob(core, { owner, jobId, runAt: far })).toMatchObject({ runAt: far, waiting: { reason: 'RUN_AT' } });
    const now = await rescheduleJob(core, { owner, jobId, runAt: Date.now() - 5000 });
    expect([now.dueAt, now.waiting]).toEqual([undefined, undefined]);
    await rescheduleJob(core, { owner, jobId, runAt: far });
    await expect(retryJob(core, { owner, jobId })).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE' });
    await expect(rescheduleJob(core, { owner: 'other', jobId, runAt: far })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    expect(await cancelJob(core, { owner, jobId })).toMatchObject({ status: 'CANCELLED' });
    await expect(rescheduleJob(core, { owner, jobId, runAt: far })).rejects.toMatchObject({ code: 'JOB_NOT_RESCHEDULABLE' });
    const retried: Job = await retryJob(core, { owner, jobId });
    expect(retried).toMatchObject({ status: 'PENDING', generation: 2 });
    expect([retried.dueAt, retried.waiting, retried.runAt]).toEqual([undefined, undefined, undefined]);
  });

  test('is refused beside a delay, and beyond a year', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const refused = (changes: Partial<CreateJobRequest>) =>
      expect(createJob(system.core, request(changes))).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['runAt'] } });
    await refused({ runAt: Date.now() + 1000, delaySeconds: 1 });
    await refused({ runAt: Date.now() + 366 * dayMs });
    await refused({ runAt: Number.NaN });
    const key = { idempotencyKey: 'key', runAt: Date.now() + dayMs };
    expect((await createJob(system.core, request(key))).created).toBe(true);
    expect((await createJob(system.core, request(key))).created).toBe(false);
    await expect(createJob(system.core, request({ ...key, runAt: key.runAt + 1 }))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });
});
