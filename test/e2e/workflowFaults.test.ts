/**
 * Faults that are often reported for other systems: a parent, or a workflow, waits for ever although everything that it waits for
 * has ended. On one system with two slots.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { JobError, PermanentError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { childOf, openScriptedJobs, owner, scriptedGraph } from '../support/scriptedJobs.ts';
import { jobsByName, statusesOf, workflowNow } from '../support/workflowTasks.ts';

const isLong = process.env['FAULTS'] === 'long';
const slots = 2;
const jobs = await openScriptedJobs('embedded', slots);
const { core, scripts, began, begin, beginWorkflow, comesTo, children } = jobs;
afterAll(() => jobs[Symbol.asyncDispose]());

const patient = { timeout: 30_000, interval: 20 };
const fails = (): never => {
  throw new PermanentError('it fails');
};
const isOver = (workflowId: string, status: string) =>
  expect.poll(async () => (await workflowNow(core, workflowId)).status, patient).toBe(status);
const runsOf = (name: string): number => began.filter((one) => one === name).length;
const valueOf = ({ result }: Job): unknown => (result?.kind === 'inline' ? result.value : undefined);

describe('a parent', () => {
  test('a child fails for good while its siblings run: they go on, and the parent learns how each ended', async () => {
    const gate = Promise.withResolvers<string>();
    scripts.set('early', fails).set('slow', () => gate.promise);
    const parent = await begin('waits for both', async ({ createJob, waitFor }) => {
      for (const name of ['early', 'slow']) await createJob(name, childOf(name));
      const { early, slow } = await waitFor(['early', 'slow']);
      return [early.status, early.error?.message ?? '', slow.status, slow.result ?? null];
    });
    await expect.poll(async () => (await children(parent))['early']?.status, patient).toBe('FAILED_FINAL');
    await expect.poll(async () => (await core.table.get(parent))?.waitsFor, patient).toBe((await children(parent))['slow']?.jobId);
    gate.resolve('done');
    expect(valueOf(await comesTo(parent, 'SUCCEEDED'))).toEqual(['FAILED_FINAL', 'it fails', 'SUCCEEDED', 'done']);
  });

  test('a child fails for good as the last one', async () => {
    scripts.set('last', async () => {
      await expect.poll(() => runsOf('first of two'), patient).toBe(1);
      return fails();
    });
    const parent = await begin('waits for the last', async ({ createJob, waitFor }) => {
      for (const name of ['first of two', 'last']) await createJob(name, childOf(name));
      const ended = await waitFor(['first of two', 'last']);
      return Object.values(ended).map(({ status }) => status);
    });
    expect(valueOf(await comesTo(parent, 'SUCCEEDED'))).toEqual(['SUCCEEDED', 'FAILED_FINAL']);
  });

  test('all children ended before the parent waited', async () => {
    const parent = await begin('waits late', async ({ createJob, waitFor }) => {
      const made = await Promise.all(['quick 1', 'quick 2'].map((name) => createJob(name, childOf(name))));
      for (const { jobId } of made) await comesTo(jobId, 'SUCCEEDED');
      return Object.values(await waitFor(['quick 1', 'quick 2'])).map(({ status }) => status);
    });
    expect(valueOf(await comesTo(parent, 'SUCCEEDED'))).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(runsOf('waits late')).toBe(1);
  });

  test('its own attempts fail and back off: each goes on with the existing children, and jobs that depend on it begin after the last one', async () => {
    scripts.set('flaky', async ({ runJob, step }, run) => {
      const kept = await step('once', () => run);
      const child = await runJob('child of flaky', childOf('child of flaky'));
      if (run < 4) throw new Error('not yet');
      return [kept, child, runsOf('behind')];
    });
    const workflowId = await beginWorkflow({ flaky: [], behind: ['flaky'] });
    await isOver(workflowId, 'SUCCEEDED');
    const { flaky } = await jobsByName(core, workflowId);
    expect(flaky).toMatchObject({ failures: 2, generation: 1, result: { value: [1, 'child of flaky', 0] } });
    expect(runsOf('child of flaky')).toBe(1);
  });

  test('all slots are held by parents: their children run, and theirs', async () => {
    const names = Array.from({ length: 3 * slots }, (_, index) => `top ${index}`);
    scripts.set('inner', ({ runJob }) => runJob('leaf', childOf('leaf')));
    const parents = await Promise.all(names.map((name) => begin(name, ({ runJob }) => runJob('inner', childOf('inner')))));
    for (const parent of parents) expect(valueOf(await comesTo(parent, 'SUCCEEDED'))).toBe('leaf');
    expect(runsOf('leaf')).toBe(names.length);
  });
});

describe('a workflow', () => {
  test('is handed in twice at once: there is one, and each job runs once', async () => {
    const request = {
      owner,
      name: 'twice',
      traceId: 't',
      idempotencyKey: 'twice',
      jobs: scriptedGraph({ one: [], two: ['one'], three: ['one'] }),
    };
    const made = await Promise.all(Array.from({ length: 6 }, () => createWorkflow(core, request)));
    const [workflowId = '', ...others] = new Set(made.map(({ workflow }) => workflow.workflowId));
    expect(others).toEqual([]);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    await isOver(workflowId, 'SUCCEEDED');
    expect(['one', 'two', 'three'].map(runsOf)).toEqual([1, 1, 1]);
  });

  test('has three levels with mixed policies: each job ends as its own policy says for its dependencies, whatever the others say', async () => {
    scripts.set('bad', fails);
    const needs = {
      bad: [],
      good: [],
      cancelled: ['bad', 'good'],
      runs: ['bad', 'good'],
      waits: ['bad', 'good'],
      cancelled_runs: ['cancelled'],
      runs_cancelled: ['runs'],
      runs_waits: ['runs', 'waits'],
      cancelled_waits: ['cancelled'],
    };
    const policy = (whenDependencyFails: 'RUN' | 'WAIT') => ({ whenDependencyFails });
    const more = { runs: policy('RUN'), waits: policy('WAIT'), cancelled_runs: policy('RUN'), cancelled_waits: policy('WAIT') };
    const workflowId = await beginWorkflow(needs, more);
    await expect
      .poll(() => statusesOf(core, workflowId), patient)
      .toEqual({
        bad: 'FAILED_FINAL',
        good: 'SUCCEEDED',
        cancelled: 'CANCELLED',
        runs: 'SUCCEEDED',
        waits: 'PENDING',
        cancelled_runs: 'SUCCEEDED',
        runs_cancelled: 'SUCCEEDED',
        runs_waits: 'PENDING',
        cancelled_waits: 'PENDING',
      });
    expect((await workflowNow(core, workflowId)).status).toBe('RUNNING');
    scripts.delete('bad');
    await retryJob(core, { owner, jobId: (await jobsByName(core, workflowId))['bad']?.jobId ?? '' });
    await isOver(workflowId, 'SUCCEEDED');
  });

  test('a failed job is retried while its failure still goes down the graph', async () => {
    const length = 60;
    scripts.set('c0', (_context, run) => (run === 1 ? fails() : 'now'));
    const needs = Object.fromEntries(Array.from({ length }, (_, at) => [`c${at}`, at === 0 ? [] : [`c${at - 1}`]]));
    const workflowId = await beginWorkflow(needs);
    await expect.poll(async () => (await statusesOf(core, workflowId))['c1'], { ...patient, interval: 1 }).toBe('CANCELLED');
    await retryJob(core, { owner, jobId: (await jobsByName(core, workflowId))['c0']?.jobId ?? '' });
    await isOver(workflowId, 'SUCCEEDED');
    for (const job of Object.values(await jobsByName(core, workflowId))) expect(job).toMatchObject({ status: 'SUCCEEDED' });
    expect(runsOf(`c${length - 1}`)).toBe(1);
  });

  test('the process that creates it dies halfway: the sweeper creates the rest, and no job twice', async () => {
    let left = 5;
    const create: typeof core.table.create = (job) => {
      left -= 1;
      return left < 0 ? Promise.reject(new JobError('TABLE_UNAVAILABLE')) : core.table.create(job);
    };
    const dying = { ...core, table: { ...core.table, create } };
    const needs = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`h${at}`, at % 3 === 0 ? [] : [`h${at - 1}`]]));
    const { workflow, created } = await createWorkflow(dying, { owner, name: 'half', traceId: 't', jobs: scriptedGraph(needs) });
    expect(created).toBe(true);
    await isOver(workflow.workflowId, 'SUCCEEDED');
    for (const name of Object.keys(needs)) expect(runsOf(name)).toBe(1);
  });

  test('the largest allowed number of jobs wait for one', async () => {
    const count = isLong ? 10 : 1;
    const names = Array.from({ length: 999 }, (_, at) => `s${at}`);
    const needs: Readonly<Record<string, readonly string[]>> = { hub: [], ...Object.fromEntries(names.map((name) => [name, ['hub']])) };
    const gate = Promise.withResolvers<string>();
    scripts.set('hub', () => gate.promise);
    const made = await Promise.all(Array.from({ length: count }, () => beginWorkflow(needs)));
    for (const workflowId of made) await expect.poll(async () => (await workflowNow(core, workflowId)).making, patient).toBe(false);
    expect(runsOf('s0')).toBe(0);
    gate.resolve('open');
    for (const workflowId of made) await isOver(workflowId, 'SUCCEEDED');
    expect(runsOf('s0') + runsOf('s998')).toBe(2 * count);
  }, 300_000);
});
