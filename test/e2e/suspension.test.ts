/**
 * Handlers that keep steps and sleep. While they wait, their slots are given back: they hold and use up nothing, and continue
 * when it is time.
 */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { HandlerContext } from '../../core/handler.ts';
import type { Core } from '../../core/usecases/core.ts';
import { slotsKind } from '../../core/usecases/holdSlot.ts';
import { listSteps } from '../../core/usecases/kept.ts';
import { listAttempts } from '../../core/usecases/listLogs.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { waitKey } from '../../core/waiting.ts';
import { openScripted, owner, scriptedType, type Scripted } from './scripted.ts';

let scripted: Scripted;
let core: Core;

beforeAll(async () => {
  scripted = await openScripted();
  ({ core } = scripted);
});
afterAll(() => scripted[Symbol.asyncDispose]());

const begin: Scripted['begin'] = (name, script) => scripted.begin(name, script);
const ended: Scripted['ended'] = (jobId) => scripted.ended(jobId);
const present: Scripted['present'] = (jobId) => scripted.present(jobId);

test('a sleep holds no slot and no limit, counts nothing, and ends no earlier than it says', async () => {
  const marks: number[] = [];
  const jobId = await begin('sleeper', async (context, run) => {
    marks.push(performance.now());
    await context.sleep('a second', 1);
    return { run, attempt: context.attempt };
  });
  await expect.poll(() => present(jobId)).toMatchObject({ status: 'PENDING', suspended: true, attempts: 1, failures: 0 });
  const holders = async () => (await core.table.entries.get(slotsKind, waitKey('running', scriptedType.name)))?.value.holders ?? {};
  await expect.poll(holders).toEqual({});
  await expect.poll(() => scripted.worker.health().running).toBe(0);
  // The one slot of its limit is another’s meanwhile.
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

test('a job that sleeps and fails in turns has the right failures, and each of its runs is recorded', async () => {
  const jobId = await begin('mixed', async (context, run) => {
    context.log.info(`run ${run}`);
    if (run === 1) throw new Error('at first');
    await context.sleep('shortly', 1);
    if (run === 3) throw new Error('again');
    await context.sleep('once more', 1);
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

test('a handler that catches what ends its run is suspended all the same, runs its clean-up blocks, and its log says so', async () => {
  const cleaned: string[] = [];
  const jobId = await begin('catcher', async (context, run) => {
    try {
      await context.sleep('a little', 1);
    } catch (error) {
      cleaned.push('caught');
      await context.sleep('in the catch', 1).catch(() => cleaned.push('refused'));
      throw new Error('what it takes for a failure', { cause: error });
    } finally {
      cleaned.push('closed');
    }
    return run;
  });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', failures: 0, result: { value: 2 } });
  expect(cleaned).toEqual(['caught', 'refused', 'closed', 'closed']);
});

test('a sleep of months is parked where the timer finds it, and its params outlive it', async () => {
  const jobId = await begin(`for months, ${'with much to do, '.repeat(30)}`, async (context) => {
    await context.sleep('months', 90 * 86_400);
    return null;
  });
  await expect.poll(() => present(jobId)).toMatchObject({ waiting: { reason: 'SLEEP' } });
  const job = await present(jobId);
  expect(job?.dueAt).toBe(job?.waiting?.until);
  const { jobs } = await core.table.listPlaced({ place: 'due', limit: 10 });
  expect(jobs.map((row) => row.jobId)).toContain(jobId);
  expect(job?.params.kind === 'apart' ? job.params.expiresAt : 0).toBeGreaterThan((Date.now() + 120 * 86_400_000) / 1000);
});

async function twice({ sleep }: HandlerContext): Promise<void> {
  await sleep('x', 0);
  await sleep('x', 0);
}

test.for([
  ['a name twice', twice, /its own name/],
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

test('a step is done once, however often its handler runs; what it throws is the attempt’s failure, and nothing is kept', async () => {
  const done: string[] = [];
  const jobId = await begin('steps', async ({ step, sleep }, run) => {
    const id = await step('charge', () => {
      done.push(`charge ${run}`);
      return { id: run };
    });
    await step('ship', () => {
      done.push(`ship ${run}`);
      if (run < 3) throw new Error('no ship yet');
    });
    await sleep('a moment', 1);
    if (run === 4) throw new Error('once more');
    return id;
  });
  const job = await ended(jobId);
  expect(job).toMatchObject({ status: 'SUCCEEDED', keeps: true, failures: 3, result: { value: { id: 1 } } });
  expect(done).toEqual(['charge 1', 'ship 1', 'ship 2', 'ship 3']);
  expect((await listSteps(core, job)).map(({ name }) => name)).toEqual(['charge', 'ship']);
});

test('a retry keeps the steps, and one from the start does everything again', async () => {
  const done: number[] = [];
  const jobId = await begin('retried', async ({ step }, run) => {
    await step('work', () => void done.push(run));
    if (run === 1 || run === 2) throw new PermanentError('fails');
    return run;
  });
  expect(await ended(jobId)).toMatchObject({ status: 'FAILED_FINAL' });
  await retryJob(core, { owner, jobId });
  expect(await ended(jobId)).toMatchObject({ status: 'FAILED_FINAL', generation: 2 });
  expect(done).toEqual([1]);
  await retryJob(core, { owner, jobId, fromStart: true });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', generation: 3, stepsFrom: 3 });
  expect(done).toEqual([1, 3]);
});

test('steps beside a wait end first, and are kept', async () => {
  const done: string[] = [];
  const jobId = await begin('beside', async ({ step, sleep }) => {
    const slow = step('slow', async () => {
      await setTimeout(50);
      done.push('slow');
      return 'kept';
    });
    const [kept] = await Promise.all([slow, sleep('short', 1)]);
    return kept;
  });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'kept' } });
  expect(done).toEqual(['slow']);
});

test.for([
  ['a result that is no JSON', ({ step }: HandlerContext) => step('x', () => ({ at: new Date() })), /at is no JSON but Date/],
  ['a result that is too large', ({ step }: HandlerContext) => step('x', () => 'x'.repeat(300_000)), /more than 262144 bytes/],
  ['a wait within a step', ({ step, sleep }: HandlerContext) => step('x', () => sleep('y', 1)), /wait before the step, or after/],
] as const)('%s fails the job for good', async ([name, script, message]) => {
  const jobId = await begin(name, async (context) => {
    await script(context);
    return null;
  });
  const { status, error } = await ended(jobId);
  expect(status).toBe('FAILED_FINAL');
  expect(error?.message).toMatch(message);
});
