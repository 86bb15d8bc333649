/** Workers of different versions side by side, and the list of running ones. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineHandler } from '../../core/handler.ts';
import type { Job } from '../../core/job.ts';
import { decodeMessage } from '../../core/queue/message.ts';
import type { ReceivedMessage } from '../../core/queue/jobQueues.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { workerKind } from '../../core/usecases/heartbeats.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import { listWorkers } from '../../core/usecases/workers.ts';
import { generateReport } from '../../jobs/generateReport/type.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { createLog } from '../../telemetry/log.ts';
import { engines } from '../support/engines.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const type = simulateWork.name;
const owner = 'anonymous';
const lacks = [type];

async function create({ core }: Pick<System, 'core'>, params = {}): Promise<Job> {
  return (await createJob(core, { owner, type, params, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' })).job;
}

const ended = ({ core, watches }: System, { jobId }: Job): Promise<Job> => waitForJob(core, watches, { owner, jobId, timeoutSeconds: 25 });

const knownTypes = async ({ core }: System): Promise<readonly (readonly string[])[]> => (await listWorkers(core)).map(({ types }) => types);

async function receive({ core }: System, seconds: number): Promise<ReceivedMessage | undefined> {
  return (await core.queues.receive('NORMAL', { max: 1, waitSeconds: seconds }))[0];
}

async function ask({ url }: System, query: string, variables: object = {}): Promise<unknown> {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return z.object({ data: z.unknown() }).parse(await response.json()).data;
}

describe.each(engines)('on %s, a worker that lacks a type', (engine) => {
  test('leaves its jobs to one that has it: they run soon, use nothing up, and it says so once', { timeout: 120_000 }, async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'warn', part: 'old' }, { write: (line) => lines.push(line) });
    // As in production, workers wait for messages longer than these rest: else it is always the same one that has waited longest.
    const env = { RECEIVE_WAIT_SECONDS: '20', SHUTDOWN_GRACE_SECONDS: '1' };
    await using system = await startSystem({ engine, parts: ['lambdas'], env });
    system.startWorker({ lacks, log });
    system.startWorker();
    const jobs = await Promise.all(Array.from({ length: 10 }, () => create(system)));
    const left = async (): Promise<number> => {
      const found = await system.core.table.getMany(jobs.map(({ jobId }) => jobId));
      return found.filter((job) => job?.status !== 'SUCCEEDED').length;
    };
    // Each time a message is received, either worker may have it: the half soon, all of them surely.
    await expect.poll(left, { timeout: 10_000 }).toBeLessThanOrEqual(5);
    await expect.poll(left, { timeout: 90_000 }).toBe(0);
    for (const { jobId } of jobs) {
      expect(await system.core.table.get(jobId)).toMatchObject({ attempts: 1, failures: 0, losses: 0, version: 3 });
    }
    expect(await system.core.queues.depth('DEAD_LETTER')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(lines.filter((line) => line.includes('does not know a type')).length).toBeLessThanOrEqual(1);
    expect(lines.filter((line) => !line.includes('does not know a type'))).toEqual([]);
  });

  test('passes the message on ever later, each time as a new one, and changes nothing in the record', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const old = system.startWorker({ lacks });
    const began = Date.now();
    const job = await create(system);
    await expect.poll(async () => (await system.core.queues.depth('NORMAL')).delayed).toBe(1);
    // It rests for a second or so, and longer each time.
    await expect.poll(() => Date.now() - began, { timeout: 6000 }).toBeGreaterThan(5000);
    await old.stop();
    const message = await receive(system, 10);
    // One more where the worker that stopped had just received it, and gave it back.
    expect(message?.receiveCount).toBeLessThanOrEqual(2);
    const { returns = 0, ...body } = decodeMessage(message?.body ?? '') ?? {};
    expect(body).toMatchObject({ jobId: job.jobId, type, version: 1 });
    expect(returns).toBeGreaterThanOrEqual(2);
    expect(returns).toBeLessThanOrEqual(7);
    expect(await system.core.table.get(job.jobId)).toEqual(job);
  });

  test('lets the older of two messages of a job go, so that they grow no more', async () => {
    await using system = await startSystem({ engine, parts: [], env: { SWEEP_AFTER_SECONDS: '1' } });
    const { core } = system;
    const job = await create(system);
    const first = await receive(system, 1);
    if (first === undefined) throw new Error('nothing came');
    await sweepJobs(core);
    await expect.poll(async () => (await sweepJobs(core)).sentAgain, { timeout: 10_000, interval: 300 }).toBe(1);
    await core.queues.setVisibility(first, 0);
    await expect.poll(async () => (await core.queues.depth('NORMAL')).visible).toBe(2);
    const old = system.startWorker({ lacks });
    await expect.poll(() => core.queues.depth('NORMAL'), { timeout: 10_000 }).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    await old.stop();
    const message = await receive(system, 5);
    expect(decodeMessage(message?.body ?? '')).toMatchObject({ jobId: job.jobId, sweeps: 1 });
  });

  test('claims no job on the word of a message that names another type', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    const old = system.startWorker({ lacks });
    const job = await create(system);
    const { jobId, generation, version, traceId } = job;
    const forged = { jobId, generation, version, traceId, type: generateReport.name };
    await core.queues.send('NORMAL', forged, 0, owner);
    await expect.poll(async () => (await core.queues.depth('NORMAL')).delayed).toBe(2);
    expect(await core.table.get(jobId)).toEqual(job);
    await old.stop();
    system.startWorker();
    expect(await ended(system, job)).toMatchObject({ status: 'SUCCEEDED', attempts: 1, losses: 0, version: 3 });
  });
});

describe.each(engines)('on %s, the list of workers:', (engine) => {
  test('each that runs, with its types, until it stops', async () => {
    await using system = await startSystem({ engine, parts: ['server'], env: { VERSION: '1.2.3', WORKER_CONCURRENCY: '7' } });
    const workers = 'query { workers { id version types slots running since } }';
    expect(await ask(system, workers)).toEqual({ workers: [] });
    const old = system.startWorker({ lacks });
    system.startWorker();
    await expect.poll(() => knownTypes(system)).toHaveLength(2);
    const worker = z.object({ id: z.string().min(1), version: z.literal('1.2.3'), slots: z.literal(7), running: z.literal(0) });
    const answer = z.object({ workers: z.array(worker.extend({ types: z.array(z.string()), since: z.iso.datetime() })) });
    const told = answer.parse(await ask(system, workers)).workers;
    expect(new Set(told.map(({ types }) => types.includes(type)))).toEqual(new Set([false, true]));
    await old.stop();
    await expect
      .poll(() => knownTypes(system))
      .toSatisfy((types: readonly string[][]) => types.length === 1 && types[0]?.includes(type) === true);
  });

  test('a job whose type none knows waits for NO_WORKER, and for nothing else once there is one', async () => {
    await using system = await startSystem({ engine, parts: ['server'] });
    system.startWorker({ lacks });
    const { jobId } = await create(system);
    const job = 'query ($jobId: ID!) { job(jobId: $jobId) { waitingReason } jobTypes { name hasWorker } }';
    const read = z.object({
      job: z.object({ waitingReason: z.string().nullable() }),
      jobTypes: z.array(z.object({ name: z.string(), hasWorker: z.boolean() })),
    });
    const shown = async () => {
      const told = read.parse(await ask(system, job, { jobId }));
      return { reason: told.job.waitingReason, hasWorker: told.jobTypes.find(({ name }) => name === type)?.hasWorker };
    };
    await expect.poll(shown).toEqual({ reason: 'NO_WORKER', hasWorker: false });
    const gate = Promise.withResolvers<void>();
    const handlers = [defineHandler(simulateWork, () => gate.promise.then(() => ({ attempts: 1, sleptMs: 0 })))];
    system.startWorker({ handlers });
    await expect.poll(shown, { timeout: 15_000 }).toEqual({ reason: null, hasWorker: true });
    gate.resolve();
  });

  test('one that died no longer, when its heartbeats are over', async () => {
    await using system = await startSystem({ engine, parts: ['server'] });
    const { core } = system;
    const value = { id: 'dead', types: [type], slots: 1, running: 1, since: Date.now() };
    const expiresAt = Math.floor(Date.now() / 1000) + 2;
    await core.table.entries.put(workerKind, { key: 'dead', value, place: { place: 'workers', rank: 'dead' }, expiresAt });
    expect(await knownTypes(system)).toEqual([[type]]);
    await expect.poll(() => knownTypes(system), { timeout: 10_000 }).toEqual([]);
  });
});
