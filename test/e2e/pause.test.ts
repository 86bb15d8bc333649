/** Paused types and queues: jobs that would start are kept, in order, and a kill in between loses none. */
import { describe, expect, test } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import type { Job } from '../../core/job.ts';
import { createJobs, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { keepParked } from '../../core/usecases/keepParked.ts';
import { pauseWork, resumeWork } from '../../core/usecases/pauseWork.ts';
import { pauseOf, pauseOn, readPauses } from '../../core/usecases/pauses.ts';
import { wakePaused } from '../../core/usecases/wakePaused.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { startLambdas } from '../../lambda/lambdas.ts';
import { barred } from '../../worker/bar.ts';
import { engines } from '../support/engines.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const type = simulateWork.name;

/** Records the order in which jobs begin. */
function watched() {
  const began: string[] = [];
  const handler = defineHandler(simulateWork, (_params, { idempotencyKey }) => {
    began.push(idempotencyKey);
    return Promise.resolve({ attempts: 1, sleptMs: 0 });
  });
  return { began, handlers: [handler] };
}

async function create({ core }: Pick<System, 'core'>, count: number, changes: Partial<CreateJobRequest> = {}): Promise<readonly Job[]> {
  const request = { owner: 'owner', type, params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace', ...changes } as const;
  const outcomes = await createJobs(
    core,
    Array.from({ length: count }, () => request),
  );
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.job;
  });
}

const parkedOf = async ({ core }: Pick<System, 'core'>): Promise<number> =>
  (await core.table.listPlaced({ place: 'paused', limit: 1000 })).jobs.length;

describe.each(engines)('a pause, on %s', (engine) => {
  test('keeps what would start, uses nothing up, and lets it go when it is over', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: [], handlers });
    const { core } = system;
    await pauseWork(core, { type }, { reason: 'A repair.' });
    system.startWorker();
    const jobs = await create(system, 40);
    await expect.poll(() => parkedOf(system), { timeout: 20_000 }).toBe(40);
    expect(began).toEqual([]);
    for (const { jobId } of jobs) {
      const job = await core.table.get(jobId);
      expect(job).toMatchObject({ status: 'PENDING', version: 1, attempts: 0, failures: 0, waiting: { reason: 'PAUSED' } });
    }
    // No message names them any more.
    await expect.poll(async () => (await core.queues.depth('NORMAL')).inFlight).toBe(0);
    expect((await core.queues.depth('NORMAL')).visible).toBe(0);
    // The timer does not touch them as long as it is paused.
    expect(await wakePaused(core)).toEqual({ woken: 0, failed: 0 });
    await resumeWork(core, { type });
    await expect.poll(() => began.length, { timeout: 20_000 }).toBe(40);
    expect(new Set(began)).toEqual(new Set(jobs.map(({ jobId }) => jobId)));
    await expect.poll(() => parkedOf(system)).toBe(0);
  });

  test('of one queue leaves the others alone, and ends by itself at its time', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: ['lambdas'], handlers });
    const { core } = system;
    const until = Date.now() + 4000;
    await pauseWork(core, { priority: 'LOW' }, { until });
    system.startWorker();
    const [low] = await create(system, 1, { priority: 'LOW' });
    const [high] = await create(system, 1, { priority: 'HIGH' });
    await expect.poll(() => began).toEqual([high?.jobId]);
    await expect.poll(async () => (await core.table.get(low?.jobId ?? ''))?.waiting).toMatchObject({ reason: 'PAUSED', until });
    await expect.poll(() => began, { timeout: 20_000 }).toEqual([high?.jobId, low?.jobId]);
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(pauseOf(await readPauses(core), { priority: 'LOW' }, await core.table.time())).toBeUndefined();
  });

  test('that begins while a worker runs is known to it within five seconds', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: ['worker'], handlers });
    await create(system, 1);
    await expect.poll(() => began.length).toBe(1);
    await pauseWork(system.core, { type }, {});
    let created = 0;
    await expect
      .poll(
        async () => {
          created += (await create(system, 1)).length;
          return parkedOf(system);
        },
        { timeout: 10_000, interval: 100 },
      )
      .toBeGreaterThan(3);
    const startedBefore = began.length;
    created += (await create(system, 10)).length;
    await expect.poll(async () => (await parkedOf(system)) + began.length, { timeout: 10_000 }).toBe(created + 1);
    expect(began).toHaveLength(startedBefore);
  });

  test('that ends, with the resuming process killed in the middle, loses nothing and doubles nothing', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: [], handlers, env: { SWEEP_AFTER_SECONDS: '1' } });
    const { core } = system;
    await pauseWork(core, { type }, {});
    const stopped = system.startWorker();
    const jobs = await create(system, 60);
    await expect.poll(() => parkedOf(system), { timeout: 20_000 }).toBe(60);
    await stopped.stop();
    /** Of what the resume does, each third request is its last but a few. */
    let calls = 0;
    const dies = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
      (calls += 1) % 3 === 0 ? Promise.reject(new JobError('QUEUE_UNAVAILABLE')) : call();
    const queues: typeof core.queues = { ...core.queues, send: (...args) => dies(() => core.queues.send(...args)) };
    await resumeWork({ ...core, queues }, { type });
    const lambdas = startLambdas({ core: { ...core, settings: system.config }, config: { ...system.config, sweepIntervalSeconds: 1 } });
    system.startWorker();
    await expect.poll(() => new Set(began).size, { timeout: 30_000 }).toBe(60);
    await lambdas.stop();
    for (const { jobId } of jobs) {
      await expect.poll(async () => (await core.table.get(jobId))?.status).toBe('SUCCEEDED');
      expect(await core.table.get(jobId)).toMatchObject({ attempts: 1, failures: 0, losses: 0 });
    }
    expect(began).toHaveLength(60);
  });

  test('that was resumed before a worker had parked what it had met is found to be over by that worker', async () => {
    const { began, handlers } = watched();
    await using system = await startSystem({ engine, parts: [], handlers });
    const { core } = system;
    await pauseWork(core, { type }, {});
    const late = await readPauses(core);
    await resumeWork(core, { type });
    // A worker that still assumes the pause parks the job, reads once more, and wakes it.
    const [job] = await create(system, 1);
    if (job === undefined) throw new Error('no job');
    const bar = pauseOn(late, job, await core.table.time());
    if (bar === undefined) throw new Error('nothing is in its way');
    expect(await barred({ core }, job, bar)).toEqual({ kind: 'deleted' });
    expect((await core.table.get(job.jobId))?.waiting).toBeUndefined();
    system.startWorker();
    await expect.poll(() => began, { timeout: 10_000 }).toEqual([job.jobId]);
  });

  test('that lasts for weeks keeps the params of what waits for it', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    const [job] = await create(system, 1, { params: { payload: 'x'.repeat(5000) } });
    if (job?.params.kind !== 'apart') throw new Error('its params stand in the record');
    await core.table.touch('park', job.jobId, { version: 1 }, { waiting: { reason: 'PAUSED', for: 'x' } });
    await expect.poll(() => parkedOf(system)).toBe(1);
    const inDays = (days: number): typeof core => {
      const ms = days * 86_400_000;
      const time = async () => {
        const { low, high, at } = await core.table.time();
        return { low: low + ms, high: high + ms, at: at + ms };
      };
      return { ...core, table: { ...core.table, time } };
    };
    const expiry = async () => {
      const { params } = (await core.table.get(job.jobId)) ?? {};
      return params?.kind === 'apart' ? params.expiresAt : 0;
    };
    await keepParked(inDays(0));
    expect(await expiry()).toBe(job.params.expiresAt);
    await keepParked(inDays(20));
    const renewed = await expiry();
    expect(renewed).toBeGreaterThan(job.params.expiresAt + 19 * 86_400);
    // Once a day is enough.
    await keepParked(inDays(20.5));
    expect(await expiry()).toBe(renewed);
    await keepParked(inDays(50));
    expect(await expiry()).toBeGreaterThan(renewed + 29 * 86_400);
  });
});
