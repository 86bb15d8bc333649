/** Limits of a type: how many of its jobs run at once, and how often they start, by key; jobs over the limit wait, in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineHandler } from '../../core/handler.ts';
import type { Job, JsonValue } from '../../core/job.ts';
import { createJobTypes, defineJobType, type JobPolicy } from '../../core/jobType.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJobs } from '../../core/usecases/createJob.ts';
import { slotsKind } from '../../core/usecases/holdSlot.ts';
import { setLimits } from '../../core/usecases/setLimits.ts';
import { wakeLimited } from '../../core/usecases/wakeLimited.ts';
import { waitKey } from '../../core/waiting.ts';
import { engines } from '../support/engines.ts';
import { startSystem } from '../support/startSystem.ts';

const owner = 'owner';
/** `waits`: until the test lets them go on. */
const params = z.object({
  customer: z.string().default(''),
  ms: z.int().default(20),
  fails: z.int().default(0),
  waits: z.boolean().default(false),
});

/** A type that calls a customer's service, and what its runs looked like. */
function calls(policy: Omit<JobPolicy<z.output<typeof params>>, 'timeoutSeconds'>) {
  const type = defineJobType({
    name: 'call',
    description: 'Calls a service.',
    params,
    result: z.object({}),
    policy: { timeoutSeconds: 60, ...policy },
    example: {},
  });
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const gate = Promise.withResolvers<void>();
  const began: { readonly jobId: string; readonly customer: string; readonly at: number }[] = [];
  const handler = defineHandler(type, async ({ customer, ms, fails, waits }, { idempotencyKey, attempt, signal }) => {
    began.push({ jobId: idempotencyKey, customer, at: performance.now() });
    for (const key of [customer, 'all']) {
      running.set(key, (running.get(key) ?? 0) + 1);
      most.set(key, Math.max(most.get(key) ?? 0, running.get(key) ?? 0));
    }
    try {
      if (waits) await gate.promise;
      await sleep(ms, undefined, { signal });
      if (attempt <= fails) throw new Error('not yet');
      return {};
    } finally {
      for (const key of [customer, 'all']) running.set(key, (running.get(key) ?? 0) - 1);
    }
  });
  return { type, handler, most, began, letGo: gate.resolve, coreOf: (core: Core): Core => ({ ...core, jobTypes: createJobTypes([type]) }) };
}

async function create(core: Core, count: number, given: JsonValue = {}): Promise<readonly Job[]> {
  const request = { owner, type: 'call', params: given, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
  const outcomes = await createJobs(
    core,
    Array.from({ length: count }, () => request),
  );
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.job;
  });
}

const statuses = async ({ table }: Core, jobs: readonly Job[]) =>
  new Set((await table.getMany(jobs.map(({ jobId }) => jobId))).map((job) => job?.status));
const parked = async ({ table }: Core): Promise<number> => (await table.listPlaced({ place: 'limit', limit: 1000 })).jobs.length;
const env = { WORKER_CONCURRENCY: '16', ATTEMPTS_PER_RECEIVE: '3' };

/** The most that any window of so many milliseconds holds. */
function mostWithin(times: readonly number[], ms: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.max(0, ...sorted.map((from) => sorted.filter((at) => at >= from && at < from + ms).length));
}

describe.each(engines)('a limit on running jobs, on %s', (engine) => {
  test('by key and in total is never passed, however many workers there are, and all jobs run', async () => {
    const { handler, most, letGo, coreOf } = calls({ concurrency: { perKey: 2, total: 3, key: ({ customer }) => customer } });
    await using system = await startSystem({ engine, parts: [], handlers: [handler], env });
    const core = coreOf(system.core);
    for (let workers = 0; workers < 3; workers += 1) system.startWorker();
    const ofCustomer = (customer: string): Promise<readonly Job[]> => create(core, 12, { customer, ms: 200, waits: true });
    const jobs = [...(await ofCustomer('a')), ...(await ofCustomer('b'))];
    await expect.poll(() => most.get('all'), { timeout: 10_000 }).toBe(3);
    letGo();
    await expect.poll(() => statuses(core, jobs), { timeout: 30_000 }).toEqual(new Set(['SUCCEEDED']));
    expect(most.get('a')).toBeLessThanOrEqual(2);
    expect(most.get('b')).toBeLessThanOrEqual(2);
    expect(most.get('all')).toBe(3);
    for (const job of await core.table.getMany(jobs.map(({ jobId }) => jobId))) {
      expect(job).toMatchObject({ attempts: 1, failures: 0, losses: 0, version: 3 });
    }
    // No job waits or holds a slot: the entries are gone too, or say so.
    await expect.poll(async () => (await core.table.entries.get(slotsKind, waitKey('running', 'call')))?.value.holders ?? {}).toEqual({});
  });

  test('lets the others wait in order, saying why, and continues by itself where an end was announced to nobody', async () => {
    const { handler, began, coreOf } = calls({ concurrency: { total: 1 } });
    await using system = await startSystem({ engine, parts: [], handlers: [handler], env });
    const core = coreOf(system.core);
    // A job ended without giving back its slot.
    const key = waitKey('running', 'call');
    await core.table.entries.put(slotsKind, { key, value: { holders: { [core.newJobId()]: 1 }, someoneWaits: true } });
    const worker = system.startWorker();
    const jobs = await create(core, 5);
    await expect.poll(() => parked(core), { timeout: 10_000 }).toBe(5);
    for (const job of await core.table.getMany(jobs.map(({ jobId }) => jobId))) {
      expect(job).toMatchObject({ status: 'PENDING', version: 1, attempts: 0, waiting: { reason: 'CONCURRENCY' } });
    }
    // The worker that has just parked the last one still looks, and might give its turn to the next.
    await expect.poll(() => worker.health().running).toBe(0);
    // A process that knows no types, like the timer's.
    await wakeLimited({ ...core, jobTypes: createJobTypes([]) });
    await expect.poll(() => statuses(core, jobs), { timeout: 20_000 }).toEqual(new Set(['SUCCEEDED']));
    expect(began.map(({ jobId }) => jobId)).toEqual(jobs.map(({ jobId }) => jobId).toSorted());
  });

  test('is kept during the retries of a receive, and can be moved and taken away while the system runs', async () => {
    const { handler, most, began, coreOf } = calls({});
    await using system = await startSystem({ engine, parts: [], handlers: [handler], env });
    const core = coreOf(system.core);
    await setLimits(core, 'call', { concurrency: { total: 1 } });
    system.startWorker();
    const jobs = await create(core, 6, { fails: 1 });
    await expect.poll(() => statuses(core, jobs), { timeout: 20_000 }).toEqual(new Set(['SUCCEEDED']));
    expect(most.get('all')).toBe(1);
    // One after the other, each with both its attempts.
    expect(began.map(({ jobId }) => jobId)).toEqual(began.flatMap(({ jobId }, index) => (index % 2 === 0 ? [jobId, jobId] : [])));
    await create(core, 20, { ms: 2000 });
    await expect.poll(() => parked(core), { timeout: 10_000 }).toBeGreaterThan(8);
    await setLimits(core, 'call', { concurrency: null });
    await expect.poll(() => parked(core), { timeout: 10_000 }).toBe(0);
    await expect.poll(() => most.get('all'), { timeout: 10_000 }).toBeGreaterThan(3);
  });
});

describe.each(engines)('a limit on starts, on %s', (engine) => {
  test('by key is never passed in any window, and nothing is used up by waiting', async () => {
    const { handler, began, coreOf } = calls({ rate: { starts: 20, seconds: 2, burst: 5, key: ({ customer }) => customer } });
    await using system = await startSystem({ engine, parts: [], handlers: [handler], env });
    const core = coreOf(system.core);
    for (let workers = 0; workers < 2; workers += 1) system.startWorker();
    const jobs = [...(await create(core, 60, { customer: 'a' })), ...(await create(core, 10, { customer: 'b' }))];
    await expect.poll(() => statuses(core, jobs), { timeout: 60_000 }).toEqual(new Set(['SUCCEEDED']));
    const timesOf = (wanted: string) => began.filter(({ customer }) => customer === wanted).map(({ at }) => at);
    expect(mostWithin(timesOf('a'), 2000)).toBeLessThanOrEqual(25);
    const [first, last] = [Math.min(...timesOf('a')), Math.max(...timesOf('a'))];
    process.stdout.write(
      `starts: 60 in ${Math.round(last - first)} ms, ${mostWithin(timesOf('a'), 2000)} in the fullest window, ${engine}\n`,
    );
    for (const job of await core.table.getMany(jobs.map(({ jobId }) => jobId))) expect(job).toMatchObject({ attempts: 1, failures: 0 });
  });

  test('counts every attempt', async () => {
    const { handler, began, coreOf } = calls({ rate: { starts: 5, seconds: 1, burst: 0 } });
    await using system = await startSystem({ engine, parts: [], handlers: [handler], env });
    const core = coreOf(system.core);
    system.startWorker();
    const jobs = await create(core, 5, { fails: 2, ms: 1 });
    await expect.poll(() => statuses(core, jobs), { timeout: 30_000 }).toEqual(new Set(['SUCCEEDED']));
    expect(began).toHaveLength(15);
    expect(
      mostWithin(
        began.map(({ at }) => at),
        1000,
      ),
    ).toBeLessThanOrEqual(5);
  });
});
