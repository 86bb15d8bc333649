import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ulid } from 'ulid';
import { describe, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import { decodeMessage } from '../../core/queue/message.ts';
import { encode } from '../../core/table/dynamodb/codec.ts';
import type { Core } from '../../core/usecases/core.ts';
import { writeHeartbeat } from '../../core/usecases/heartbeats.ts';
import { sweepJobs, type SweepReport } from '../../core/usecases/sweepJobs.ts';
import { z } from 'zod';
import { createSweeper } from '../../lambda/sweeper.ts';
import { createClients } from '../../infra/local/clients.ts';
import { makeJob } from '../support/jobFactory.ts';
import { engines } from '../support/engines.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const minuteMs = 60_000;

const waitsTold = z.array(z.object({ value: z.number(), attributes: z.object({ priority: z.string() }) }));

/** Open jobs that were handed in five minutes ago, the first of them first. */
async function createOld({ core }: System, jobs: readonly Partial<Job>[]): Promise<readonly Job[]> {
  const began = Date.now() - 5 * minuteMs;
  return Promise.all(
    jobs.map(async (changes, index) => {
      const at = began + index;
      const { job } = await core.table.create(makeJob({ jobId: ulid(at), createdAt: at, updatedAt: at, ...changes }));
      if (job === undefined) throw new Error('the job was not created');
      return job;
    }),
  );
}

/** As the next scheduled run would do it. @param core with what it is to meet. */
function sweep(core: Core, sweepReadsPerMinute = 10_000): Promise<SweepReport> {
  return sweepJobs({ ...core, settings: { ...core.settings, sweepReadsPerMinute, sweepIntervalSeconds: 60 } });
}

async function received({ core }: System, priority: Job['priority']): Promise<string | undefined> {
  const [message] = await core.queues.receive(priority, { max: 1, waitSeconds: 0 });
  return message && decodeMessage(message.body)?.jobId;
}

describe.each(engines)('the sweeper on %s', (engine) => {
  test('comes to the last of many open jobs, a bounded number a run, wherever its runs end', async () => {
    await using system = await startSystem({ engine, parts: [], env: { SWEEP_AFTER_SECONDS: '30' } });
    const waiting = Array.from({ length: 450 }, () => ({ priority: 'LOW' }) as const);
    const jobs = await createOld(system, [...waiting, { priority: 'HIGH' }]);
    const { core } = system;
    // LOW has a backlog, so its jobs most likely have their messages in it.
    await core.queues.send('LOW', { jobId: 'other', generation: 1, version: 1, traceId: '' }, 0);
    expect(await sweep(core)).toMatchObject({ isSkipped: true });
    const runs: SweepReport[] = [];
    while (runs.length < 10 && !runs.some(({ sentAgain }) => sentAgain > 0)) runs.push(await sweep(core, 100));
    expect(Math.max(...runs.map(({ looked }) => looked))).toBeLessThanOrEqual(200);
    expect(runs.length).toBeLessThanOrEqual(6);
    expect(await received(system, 'HIGH')).toBe(jobs.at(-1)?.jobId);
    expect((await core.table.readSweep())?.lastPass).toMatchObject({ looked: 451 });
  });

  test('counts as lost no job of a type that no worker knows, and sends it for the one that may come', async () => {
    await using system = await startSystem({ engine, parts: [], env: { SWEEP_AFTER_SECONDS: '30' } });
    const { core } = system;
    const [unknown, known] = await createOld(system, [
      { type: 'of_tomorrow', priority: 'HIGH' },
      { type: 'simulate_work', priority: 'LOW' },
    ]);
    await writeHeartbeat(core, { id: 'worker', types: ['simulate_work'], slots: 1, running: 0, since: 0 });
    await sweep(core);
    expect(await sweep(core)).toMatchObject({ looked: 2, unknown: 1, sentAgain: 1, lastPass: { overdue: 1 } });
    expect([await received(system, 'HIGH'), await received(system, 'LOW')]).toEqual([unknown?.jobId, known?.jobId]);
  });

  // In memory nobody can damage one from outside.
  test.runIf(engine === 'emulators')('passes over a record that cannot be read, and sends the others', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const [job] = await createOld(system, [{}]);
    const clients = createClients(system.config);
    const jobId = ulid(Date.now() - 9 * minuteMs);
    const Item = encode({ pk: `job#${jobId}`, place: 'open#0', rank: jobId, status: 'ODD' });
    await clients.dynamodb.send(new PutItemCommand({ TableName: system.config.jobsTable, Item }));
    clients[Symbol.dispose]();
    await sweep(system.core);
    expect(await sweep(system.core)).toMatchObject({ looked: 2, sentAgain: 1, failed: 1 });
    expect(await received(system, 'NORMAL')).toBe(job?.jobId);
  });

  test('counts what it has sent, and only that; one that cannot be sent is nobody else’s fault', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    const [first, second] = await createOld(system, [{ priority: 'HIGH' }, { priority: 'LOW' }]);
    const send: Core['queues']['send'] = (priority, ...rest) =>
      priority === 'HIGH' ? Promise.reject(new JobError('QUEUE_UNAVAILABLE')) : core.queues.send(priority, ...rest);
    const failing = { ...core, queues: { ...core.queues, send } };
    await sweep(failing);
    expect(await sweep(failing)).toMatchObject({ sentAgain: 1, failed: 1 });
    expect(await core.table.get(first?.jobId ?? '')).toMatchObject({ status: 'PENDING', sweeps: 0 });
    expect(await core.table.get(second?.jobId ?? '')).toMatchObject({ status: 'PENDING', sweeps: 1 });
    expect(await sweep(core)).toMatchObject({ sentAgain: 1, failed: 0 });
  });

  test('skips a run after an outage, so that holders of claims come first', async () => {
    await using system = await startSystem({ engine, parts: [] });
    const { core } = system;
    await createOld(system, [{}]);
    expect(await sweep(core)).toMatchObject({ isSkipped: true });
    const later = { ...core, table: { ...core.table, time: () => Promise.resolve(exactly(Date.now() + 180_000)) } };
    expect(await sweep(later)).toMatchObject({ isSkipped: true, sentAgain: 0 });
    expect(await sweep(later)).toMatchObject({ isSkipped: false, sentAgain: 1 });
  });

  test('knows how long jobs wait, though it sends them again meanwhile, and reports it for a whole pass', async () => {
    await using system = await startSystem({ parts: [] });
    await createOld(system, [...Array.from({ length: 450 }, () => ({ priority: 'LOW' }) as const), { priority: 'HIGH' }]);
    const gauges = new Map<string, () => unknown>();
    const gauge: Core['telemetry']['gauge'] = (name, read) => {
      gauges.set(name, read);
      return () => undefined;
    };
    const { core } = system;
    const settings = { ...core.settings, sweepReadsPerMinute: 100, sweepIntervalSeconds: 60 };
    const run = createSweeper({ ...core, settings, telemetry: { ...core.telemetry, gauge } });
    const told = () =>
      waitsTold.parse(gauges.get('waitingOldest')?.()).map(({ value, attributes }) => [attributes.priority, value] as const);
    await run();
    expect(told()).toEqual([
      ['HIGH', 0],
      ['NORMAL', 0],
      ['LOW', 0],
    ]);
    let ended = 0;
    while (ended < 2) if ((await run()).endsPass) ended += 1;
    // In the middle of the third pass, too.
    await run();
    const [high, normal, low] = told().map(([, seconds]) => seconds);
    expect(high).toBeGreaterThan(290);
    expect(high).toBeLessThan(360);
    expect(normal).toBe(0);
    expect(low).toBeGreaterThanOrEqual(high ?? Infinity);
  });
});
