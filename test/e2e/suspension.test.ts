/** Handlers that wait give their slots back: nothing is held and nothing used up, and they go on when it is time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineHandler, type HandlerContext } from '../../core/handler.ts';
import type { Job, JsonValue } from '../../core/job.ts';
import { anyJson, createJobTypes, defineJobType } from '../../core/jobType.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { slotsKind } from '../../core/usecases/holdSlot.ts';
import { listAttempts } from '../../core/usecases/listLogs.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import { waitKey } from '../../core/waiting.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const owner = 'owner';
const type = defineJobType({
  name: 'told',
  description: 'Does what the test says.',
  params: z.string(),
  result: anyJson,
  policy: { timeoutSeconds: 60, attemptsPerReceive: 2, concurrency: { total: 1 } },
  example: '',
});

type Script = (context: HandlerContext, run: number) => Promise<JsonValue>;
const scripts = new Map<string, Script>();
const runs = new Map<string, number>();
const handler = defineHandler(type, async (name, context) => {
  const run = (runs.get(name) ?? 0) + 1;
  runs.set(name, run);
  return scripts.get(name)?.(context, run) ?? null;
});

let system: System;
let core: Core;

beforeAll(async () => {
  system = await startSystem({ engine: 'embedded', parts: ['worker', 'lambdas'], handlers: [handler], env: { WORKER_CONCURRENCY: '1' } });
  core = { ...system.core, jobTypes: createJobTypes([type]) };
});
afterAll(() => system[Symbol.asyncDispose]());

async function begin(name: string, script: Script): Promise<string> {
  scripts.set(name, script);
  const request = { owner, type: type.name, params: name, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
  return (await createJob(core, request)).job.jobId;
}

const ended = (jobId: string): Promise<Job> => waitForJob(core, system.watches, { owner, jobId, timeoutSeconds: 20 });
const present = (jobId: string): Promise<Job | undefined> => core.table.get(jobId);

test('a sleep holds no slot and no limit, counts nothing, and ends no earlier than it says', async () => {
  const marks: number[] = [];
  const jobId = await begin('sleeper', async (context, run) => {
    marks.push(performance.now());
    await context.sleep('a second', 1);
    return { run, attempt: context.attempt };
  });
  await expect.poll(() => present(jobId)).toMatchObject({ status: 'PENDING', suspended: true, attempts: 1, failures: 0 });
  expect((await core.table.entries.get(slotsKind, waitKey('running', type.name)))?.value.holders ?? {}).toEqual({});
  // The one slot, and the one of its limit, are another's meanwhile.
  expect(await ended(await begin('other', () => Promise.resolve('done')))).toMatchObject({ status: 'SUCCEEDED' });
  expect(await present(jobId)).toMatchObject({ status: 'PENDING' });
  const job = await ended(jobId);
  expect(job).toMatchObject({
    status: 'SUCCEEDED',
    attempts: 1,
    failures: 0,
    losses: 0,
    version: 5,
    result: { value: { run: 2, attempt: 1 } },
  });
  expect(job.suspended).toBeUndefined();
  const [first = 0, second = 0] = marks;
  expect(second - first).toBeGreaterThanOrEqual(1000);
});

test('a job that sleeps and fails in turns has the failures it has, and each of its runs is told', async () => {
  const jobId = await begin('mixed', async (context, run) => {
    context.log.info(`run ${run}`);
    if (run === 1) throw new Error('at first');
    await context.sleep('shortly', 0.02);
    if (run === 3) throw new Error('again');
    await context.sleep('once more', 0.02);
    return run;
  });
  const job = await ended(jobId);
  expect(job).toMatchObject({ status: 'SUCCEEDED', failures: 2, losses: 0, attempts: 3 });
  const { edges } = await listAttempts(core, job, {});
  expect(edges.map(({ node: { number, outcome } }) => [number, outcome])).toEqual([
    [1, 'FAILED'],
    [2, 'SUSPENDED'],
    [2, 'FAILED'],
    [3, 'SUSPENDED'],
    [3, 'SUCCEEDED'],
  ]);
});

test('a handler that catches what ends its run is suspended all the same, runs its clean-up blocks, and is told so in its log', async () => {
  const cleaned: string[] = [];
  const jobId = await begin('catcher', async (context, run) => {
    try {
      await context.sleep('a little', 0.02);
    } catch (error) {
      cleaned.push('caught');
      await context.sleep('in the catch', 0.02).catch(() => cleaned.push('refused'));
      throw new Error('what it takes for a failure', { cause: error });
    } finally {
      cleaned.push('closed');
    }
    return run;
  });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', failures: 0, result: { value: 2 } });
  expect(cleaned).toEqual(['caught', 'refused', 'closed', 'closed']);
});

test('a sleep of days is parked where the timer finds it', async () => {
  const jobId = await begin('for days', async (context) => {
    await context.sleep('days', 3 * 86_400);
    return null;
  });
  await expect.poll(() => present(jobId)).toMatchObject({ waiting: { reason: 'SLEEP' } });
  const job = await present(jobId);
  expect(job?.dueAt).toBe(job?.waiting?.until);
  const { jobs } = await core.table.listPlaced({ place: 'due', limit: 10 });
  expect(jobs.map((row) => row.jobId)).toContain(jobId);
});

async function twice({ sleep }: HandlerContext): Promise<void> {
  await sleep('x', 0);
  await sleep('x', 0);
}

test.for([
  ['a name twice', twice, /name of its own/],
  ['a name that is none', async ({ sleep }: HandlerContext) => sleep('', 0), /1 to 128 characters/],
  ['an endless time', async ({ sleep }: HandlerContext) => sleep('x', Infinity), /0 to 31536000 seconds/],
] as const)('%s is an error that says what to do, and no attempt more is made', async ([name, script, message]) => {
  const jobId = await begin(name, async (context) => {
    await script(context);
    return null;
  });
  const { status, attempts, error } = await ended(jobId);
  expect({ status, attempts, code: error?.code }).toEqual({ status: 'FAILED_FINAL', attempts: 1, code: 'PERMANENT' });
  expect(error?.message).toMatch(message);
});
