/** Handlers that keep steps, sleep and wait for signals. Those that wait give their slots back: nothing is held and nothing used up, and they go on when it is time. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler, type HandlerContext } from '../../core/handler.ts';
import type { Job, JsonValue } from '../../core/job.ts';
import { anyJson, createJobTypes, defineJobType } from '../../core/jobType.ts';
import { signalDraft } from '../../core/usecases/awaitSignal.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { slotsKind } from '../../core/usecases/holdSlot.ts';
import { keptKey, keptKind, listSteps } from '../../core/usecases/kept.ts';
import { listAttempts } from '../../core/usecases/listLogs.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sendSignal } from '../../core/usecases/sendSignal.ts';
import { wakeSignalled } from '../../core/usecases/tellSignals.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import { waitKey } from '../../core/waiting.ts';
import type { Worker } from '../../worker/worker.ts';
import { startSystem, type System } from '../support/startSystem.ts';

/** Of whoever comes without a token. */
const owner = 'anonymous';
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
let worker: Worker;

beforeAll(async () => {
  system = await startSystem({ engine: 'embedded', parts: ['server', 'lambdas'], handlers: [handler] });
  worker = system.startWorker();
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
  await expect.poll(() => worker.health().running).toBe(0);
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

test('a job that sleeps and fails in turns has the failures it has, and each of its runs is told', async () => {
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

test('a handler that catches what ends its run is suspended all the same, runs its clean-up blocks, and is told so in its log', async () => {
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

test('a retry keeps the steps, and one from the start does all anew', async () => {
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

const approval: Script = async ({ waitForSignal }) => (await waitForSignal('approval')).payload ?? null;

test('a signal reaches a job that waits for it, without a slot meanwhile, and one that will wait for it later', async () => {
  const waiting = await begin('waits', approval);
  await expect.poll(() => present(waiting)).toMatchObject({ status: 'PENDING', waiting: { reason: 'SIGNAL' } });
  expect((await present(waiting))?.dueAt).toBeUndefined();
  const payload = { by: 'Ada' };
  expect(await sendSignal(core, { owner, jobId: waiting, name: 'approval', payload })).toMatchObject({ jobId: waiting });
  expect(await ended(waiting)).toMatchObject({ status: 'SUCCEEDED', attempts: 1, failures: 0, result: { value: payload } });

  const early = await begin('sent before', async (context, run) => {
    await context.sleep('first', 1);
    return run === 1 ? null : approval(context, run);
  });
  await sendSignal(core, { owner, jobId: early, name: 'approval', payload: 'early' });
  expect(await ended(early)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'early' } });
});

test('a signal is sent once: the same again changes nothing, another is refused, and so is one to a job that has ended', async () => {
  const jobId = await begin('twice', async ({ waitForSignal }) => {
    const both = await Promise.all([waitForSignal('a'), waitForSignal('b')]);
    return both.map(({ payload = null }) => payload);
  });
  const send = (name: string, payload: JsonValue, by = owner) => sendSignal(core, { owner: by, jobId, name, payload });
  await send('a', { x: 1, y: 2 });
  await send('a', { y: 2, x: 1 });
  await expect(send('a', { x: 2 })).rejects.toMatchObject({ code: 'SIGNAL_ALREADY_SENT' });
  await expect(send('b', 1, 'somebody else')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  await expect(send('', 1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['name'] } });
  await expect(send('b', 'x'.repeat(300_000))).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['payload'] } });
  await send('b', 'second');
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: [{ x: 1, y: 2 }, 'second'] } });
  await send('b', 'second');
  await expect(send('c', 1)).rejects.toMatchObject({ code: 'SIGNAL_TOO_LATE' });
});

test('a wait that times out says so, soon, and a signal that comes later is refused; a retry waits anew', async () => {
  const jobId = await begin('times out', async ({ waitForSignal }) => {
    const { timedOut, payload } = await waitForSignal('approval', { timeoutSeconds: 1 });
    if (timedOut) throw new PermanentError('nobody approved');
    return payload;
  });
  expect(await ended(jobId)).toMatchObject({ status: 'FAILED_FINAL', error: { message: 'nobody approved' } });
  await retryJob(core, { owner, jobId });
  await sendSignal(core, { owner, jobId, name: 'approval', payload: 'now' });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'now' } });
});

test('whose sender died before he told the job is found by the timer', async () => {
  const jobId = await begin('untold', approval);
  await expect.poll(() => present(jobId)).toMatchObject({ waiting: { reason: 'SIGNAL' } });
  const entry = await core.table.entries.get(keptKind, keptKey({ jobId }, 'signal', 'approval'));
  if (entry === undefined) throw new Error('nobody waits');
  const at = Date.now() - 60_000;
  await core.table.entries.replace(
    keptKind,
    entry,
    signalDraft({ jobId }, 'approval', { state: 'sent', at, payload: 'late', isTold: false }, at),
  );
  expect(await wakeSignalled(core)).toEqual({ woken: 1, failed: 0 });
  expect(await wakeSignalled(core)).toEqual({ woken: 0, failed: 0 });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'late' } });
});

async function asked(query: string, variables: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${system.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

test('through the API a job shows what it waits for and what it has done, takes its signal, and is retried from its start', async () => {
  const jobId = await begin('by the API', async (context, run) => {
    await context.step('first', () => 1);
    await context.waitForSignal('approval', { timeoutSeconds: 3600 });
    if (run === 2) throw new PermanentError('as asked');
    return run;
  });
  const fields = 'status waitingReason steps { name }';
  const show = () => asked(`query ($jobId: ID!) { job(jobId: $jobId) { ${fields} } }`, { jobId });
  await expect.poll(show).toEqual({ data: { job: { status: 'PENDING', waitingReason: 'SIGNAL', steps: [{ name: 'first' }] } } });
  const send =
    'mutation ($jobId: ID!, $payload: JSON) { sendSignal(input: { jobId: $jobId, name: "approval", payload: $payload }) { job { jobId } } }';
  expect(await asked(send, { jobId, payload: 'yes' })).toEqual({ data: { sendSignal: { job: { jobId } } } });
  expect(await asked(send, { jobId, payload: 'no' })).toMatchObject({ errors: [{ extensions: { code: 'SIGNAL_ALREADY_SENT' } }] });
  expect(await ended(jobId)).toMatchObject({ status: 'FAILED_FINAL' });
  const retry = `mutation ($jobId: ID!) { retryJob(input: { jobId: $jobId, fromStart: true }) { job { ${fields} } } }`;
  expect(await asked(retry, { jobId })).toEqual({ data: { retryJob: { job: { status: 'PENDING', waitingReason: 'QUEUED', steps: [] } } } });
  await expect.poll(show).toMatchObject({ data: { job: { waitingReason: 'SIGNAL' } } });
});

test('a job that uses none of it has none of it in its record', async () => {
  const job = await ended(await begin('plain', () => Promise.resolve(null)));
  expect(job).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(Object.keys(job).filter((field) => ['keeps', 'stepsFrom', 'suspended'].includes(field))).toEqual([]);
});
