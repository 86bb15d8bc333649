import { setTimeout as sleep } from 'node:timers/promises';
import { inject, describe, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import type { Job, JsonValue } from '../../core/job.ts';
import { encodeMessage } from '../../core/queue/message.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { createJob, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import type { WatchedEvent } from '../../core/usecases/watchJob.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { engines } from '../support/engines.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const owner = 'owner-1';

function request(params: JsonValue, changes: Partial<CreateJobRequest> = {}): CreateJobRequest {
  return { owner, type: 'simulate_work', params, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace', ...changes };
}

async function ended({ core, watches }: System, jobId: string): Promise<Job> {
  return waitForJob(core, watches, { owner, jobId, timeoutSeconds: 25 });
}

async function watched({ watches }: System, jobId: string): Promise<readonly WatchedEvent[]> {
  return Array.fromAsync(await watches.job({ owner, jobId, afterVersion: 0 }));
}

/** Each transition once: progress comes between them. */
const transitionsOf = (events: readonly WatchedEvent[]) =>
  events.filter(({ version }, index) => version !== events[index - 1]?.version).map(({ version, status }) => [version, status]);

describe.each(engines)('a worker on %s', (engine) => {
  test('makes exactly nine attempts, three receives of three, and then the job is FAILED_FINAL with its last error; a retry runs again', async () => {
    await using system = await startSystem({ engine, parts: ['worker', 'lambdas'] });
    const { job } = await createJob(system.core, request({ failAttempts: 1000 }));
    const events = await watched(system, job.jobId);
    expect(transitionsOf(events)).toEqual([
      [1, 'PENDING'],
      [2, 'PROCESSING'],
      [3, 'PENDING'],
      [4, 'PROCESSING'],
      [5, 'PENDING'],
      [6, 'PROCESSING'],
      [7, 'PENDING'],
      [8, 'FAILED_FINAL'],
    ]);
    const failed = await ended(system, job.jobId);
    expect(failed).toMatchObject({ status: 'FAILED_FINAL', attempts: 9, generation: 1, error: { code: 'ATTEMPT_FAILED', attempt: 9 } });

    const retried = await retryJob(system.core, { owner, jobId: job.jobId });
    expect(retried).toMatchObject({ status: 'PENDING', generation: 2, attempts: 0, version: 9 });
    expect(retried.error).toBeUndefined();
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'FAILED_FINAL', attempts: 9, generation: 2 });
  });

  test('succeeds at the attempt that does, and keeps no error then', async () => {
    await using system = await startSystem({ engine, parts: ['worker', 'lambdas'] });
    const { job } = await createJob(system.core, request({ failAttempts: 4, payload: { a: [1, null] } }));
    const done = await ended(system, job.jobId);
    expect(done).toMatchObject({
      status: 'SUCCEEDED',
      attempts: 5,
      result: { kind: 'inline', value: { attempts: 5, payload: { a: [1, null] } } },
    });
    expect(done.error).toBeUndefined();
  });

  test('ends a job at once where no further attempt could help', async () => {
    await using system = await startSystem({ engine, parts: ['worker', 'lambdas'] });
    const { job } = await createJob(system.core, request({ failPermanently: true }));
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'FAILED_FINAL', attempts: 1, error: { code: 'PERMANENT' } });
    await expect.poll(() => system.core.queues.depth('NORMAL')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('fails a result that is too large for good', async () => {
    const handlers = [defineHandler(simulateWork, () => Promise.resolve({ attempts: 1, sleptMs: 0, payload: 'x'.repeat(200_000) }))];
    await using system = await startSystem({ engine, parts: ['worker', 'lambdas'], handlers });
    const { job } = await createJob(system.core, request({}));
    const failed = await ended(system, job.jobId);
    expect(failed).toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT' } });
    expect(failed.error?.message).toMatch(/102400 are the most/);
  });

  test('holds the claim and the message of a job that takes longer than the lease', async () => {
    let runs = 0;
    const handlers = [
      defineHandler(simulateWork, async () => {
        runs += 1;
        await sleep(5000);
        return { attempts: 1, sleptMs: 5000 };
      }),
    ];
    await using system = await startSystem({ engine, parts: ['worker', 'lambdas'], handlers });
    system.startWorker();
    const { job } = await createJob(system.core, request({}));
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'SUCCEEDED', attempts: 1, version: 3 });
    expect(runs).toBe(1);
  });

  test('lets a duplicate delivery of a job that is held wait, and deletes it when the job has ended', async () => {
    await using system = await startSystem({ engine, parts: ['worker'], env: { MAX_RECEIVE_COUNT: '50' } });
    const { job } = await createJob(system.core, request({ durationMs: 3000 }));
    await expect.poll(async () => (await system.core.table.get(job.jobId))?.status).toBe('PROCESSING');
    await system.core.queues.send('NORMAL', job, 0);
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'SUCCEEDED', attempts: 1, version: 3 });
    await expect.poll(() => system.core.queues.depth('NORMAL'), { timeout: 10_000 }).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('deletes a message of an older generation and of a job that does not exist', async () => {
    await using system = await startSystem({ engine, parts: ['worker'] });
    const { job } = await createJob(system.core, request({ failPermanently: true }));
    await ended(system, job.jobId);
    await retryJob(system.core, { owner, jobId: job.jobId });
    await ended(system, job.jobId);
    const before = await system.core.table.get(job.jobId);
    await system.core.queues.send('NORMAL', { ...job, generation: 1 }, 0);
    await system.core.queues.send('NORMAL', { ...job, jobId: 'none' }, 0);
    await expect.poll(() => system.core.queues.depth('NORMAL'), { timeout: 10_000 }).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await system.core.table.get(job.jobId)).toEqual(before);
  });

  test('stops a running job that is cancelled, and cancels a waiting one at once', async () => {
    await using system = await startSystem({ engine, parts: ['worker'] });
    const { job } = await createJob(system.core, request({ durationMs: 60_000 }));
    await expect.poll(async () => (await system.core.table.get(job.jobId))?.status).toBe('PROCESSING');
    expect(await cancelJob(system.core, { owner, jobId: job.jobId })).toMatchObject({ status: 'PROCESSING', cancelRequested: true });
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'CANCELLED', version: 3 });
    await expect(cancelJob(system.core, { owner, jobId: job.jobId })).rejects.toMatchObject({ code: 'JOB_NOT_CANCELLABLE' });

    const waiting = await createJob(system.core, request({}, { delaySeconds: 5 }));
    expect(await cancelJob(system.core, { owner, jobId: waiting.job.jobId })).toMatchObject({ status: 'CANCELLED', version: 2 });
  });

  test('ends a cancelled job CANCELLED when its attempt fails meanwhile', async () => {
    const started = Promise.withResolvers<void>();
    const fail = Promise.withResolvers<never>();
    fail.promise.catch(() => undefined);
    const handlers = [
      defineHandler(simulateWork, () => {
        started.resolve();
        return fail.promise;
      }),
    ];
    await using system = await startSystem({ engine, parts: ['worker'], handlers, env: { VISIBILITY_TIMEOUT_SECONDS: '30' } });
    const { job } = await createJob(system.core, request({}));
    await started.promise;
    await cancelJob(system.core, { owner, jobId: job.jobId });
    fail.reject(new PermanentError('it would have failed for good'));
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('gives running work back at once when the grace time is over, and another worker goes on', async () => {
    await using system = await startSystem({ engine, parts: [], env: { SHUTDOWN_GRACE_SECONDS: '2', VISIBILITY_TIMEOUT_SECONDS: '30' } });
    const first = system.startWorker();
    const { job } = await createJob(system.core, request({ durationMs: 5000 }));
    await expect.poll(async () => (await system.core.table.get(job.jobId))?.status).toBe('PROCESSING');
    await first.stop();
    await first.stop();
    expect(await system.core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', version: 3 });
    system.startWorker();
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
  });

  test('finishes what it can within the grace time', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const worker = system.startWorker();
    const { job } = await createJob(system.core, request({ durationMs: 1000 }));
    await expect.poll(async () => (await system.core.table.get(job.jobId))?.status).toBe('PROCESSING');
    await worker.stop();
    expect(await system.core.table.get(job.jobId)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 });
  });

  test('goes on after a poison message, which ends in the dead-letter queue', async () => {
    await using system = await startSystem({ engine, parts: ['worker'] });
    const { core } = system;
    await core.queues.send('NORMAL', { jobId: '', generation: 1, version: 1, traceId: '' }, 0);
    const { job } = await createJob(core, request({}));
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'SUCCEEDED' });
    await expect.poll(async () => (await core.queues.depth('DEAD_LETTER')).visible, { timeout: 20_000 }).toBe(1);
  });

  test('is sent again a job that no message names', async () => {
    await using system = await startSystem({ engine, parts: ['lambdas'], env: { SWEEP_AFTER_SECONDS: '1' } });
    const { core } = system;
    const { job } = await createJob(core, request({}));
    const [message] = await core.queues.receive('NORMAL', { max: 1, waitSeconds: 5 });
    if (message === undefined) throw new Error('the job was not sent');
    await core.queues.delete(message);
    const [again] = await core.queues.receive('NORMAL', { max: 1, waitSeconds: 15 });
    expect(again?.body).toBe(encodeMessage({ ...job, sweeps: 1 }));
    // It is sent, and then recorded.
    await expect.poll(() => core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', sweeps: 1 });
  });

  test('is sent a job again whose messages are lost, ever more patiently, and never gives it up', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    const { job } = await createJob(core, request({}));
    let laterMs = 0;
    const table = { ...core.table, time: () => Promise.resolve(exactly(Date.now() + laterMs)) };
    const settings = { ...core.settings, sweepIntervalSeconds: 100_000 };
    const sweep = () => sweepJobs({ ...core, table, settings });
    const loseMessage = async () => {
      const [message] = await core.queues.receive('NORMAL', { max: 1, waitSeconds: 5 });
      if (message === undefined) throw new Error('the job was not sent');
      await core.queues.delete(message);
    };
    // It is unknown how long there was no sweep: workers that hold claims come first.
    expect(await sweep()).toMatchObject({ isSkipped: true });
    for (let times = 0; times < 10; times += 1) {
      await loseMessage();
      laterMs += Math.min(900_000, core.settings.sweepAfterSeconds * 1000 * 2 ** times) + 5000;
      expect(await sweep()).toMatchObject({ sentAgain: 1, ended: 0, failed: 0 });
      expect(await sweep()).toMatchObject({ sentAgain: 0, ended: 0, failed: 0 });
    }
    expect(await core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', sweeps: 10 });
  });

  test('drains high priority first, and low all the same', async () => {
    const order: string[] = [];
    const handlers = [
      defineHandler(simulateWork, async (_params, { idempotencyKey }) => {
        order.push(idempotencyKey);
        await sleep(20);
        return { attempts: 1, sleptMs: 20 };
      }),
    ];
    await using system = await startSystem({ engine, parts: [], handlers, env: { WORKER_CONCURRENCY: '4' } });
    const created = await Promise.all(
      (['LOW', 'NORMAL', 'HIGH'] as const).flatMap((priority) =>
        Array.from({ length: 60 }, () => createJob(system.core, request({}, { priority }))),
      ),
    );
    system.startWorker();
    await expect.poll(() => order.length, { timeout: 20_000 }).toBe(180);
    const priorityOf = new Map(created.map(({ job }) => [job.jobId, job.priority]));
    const firstHalf = order.slice(0, 90).map((jobId) => priorityOf.get(jobId));
    const count = (priority: string) => firstHalf.filter((one) => one === priority).length;
    expect(count('HIGH')).toBeGreaterThan(count('NORMAL'));
    expect(count('NORMAL')).toBeGreaterThan(count('LOW'));
    expect(count('LOW')).toBeGreaterThan(0);
  });
});

describe('the whole system on DynamoDB Local and Redis', () => {
  test('runs a job to its end, seen once and in order', async () => {
    await using system = await startSystem({
      parts: ['worker', 'lambdas'],
      dynamodbUrl: inject('dynamoDbLocalUrl'),
      redisUrl: inject('redisUrl'),
    });
    const { job } = await createJob(system.core, request({ durationMs: 300, steps: 3 }, { idempotencyKey: 'key' }));
    expect(transitionsOf(await watched(system, job.jobId))).toEqual([
      [1, 'PENDING'],
      [2, 'PROCESSING'],
      [3, 'SUCCEEDED'],
    ]);
  });
});
