/** Workflows through the whole system, on both engines: which jobs wait for which, fail with which, and are revived. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Watch } from '../../core/feed/watch.ts';
import type { WorkflowTransition } from '../../core/feed/workflowWatch.ts';
import { JobError } from '../../core/errors.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { cancelWorkflow } from '../../core/usecases/cancelWorkflow.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { retryWorkflow } from '../../core/usecases/retryWorkflow.ts';
import type { Core } from '../../core/usecases/core.ts';
import { engines, type Engine } from '../support/engines.ts';
import { startSystem } from '../support/startSystem.ts';
import { createTasks, graph, jobsByName, statusesOf, workflowNow } from '../support/workflowTasks.ts';

const owner = 'owner';

async function setup(engine: Engine) {
  const tasks = createTasks();
  const system = await startSystem({ engine, parts: ['worker', 'lambdas'], handlers: [tasks.handler], env: { WORKER_CONCURRENCY: '8' } });
  const core = tasks.coreOf(system.core);
  const { watches } = system;
  const create = async (jobs: ReturnType<typeof graph>, idempotencyKey?: string): Promise<string> =>
    (await createWorkflow(core, { owner, name: 'flow', traceId: 'trace', jobs, idempotencyKey })).workflow.workflowId;
  return { tasks, core, watches, create, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() };
}

const isOver = (core: Core, workflowId: string, status: string) =>
  expect.poll(async () => (await workflowNow(core, workflowId)).status, { timeout: 15_000, interval: 20 }).toBe(status);
const comesTo = (core: Core, workflowId: string, statuses: Readonly<Record<string, string>>) =>
  expect.poll(() => statusesOf(core, workflowId), { timeout: 15_000, interval: 20 }).toEqual(statuses);

async function collected(watch: Watch<WorkflowTransition>): Promise<{ readonly text: string; readonly sequence: string }[]> {
  const told: { readonly text: string; readonly sequence: string }[] = [];
  for await (const { job, change, sequence } of watch) {
    const { version, status } = job?.event ?? change ?? {};
    told.push({ text: `${job?.name ?? 'workflow'} ${version} ${status}`, sequence });
  }
  return told;
}

describe.each(engines)('a workflow, on %s', async (engine) => {
  test('runs each job after those that it depends on, fails with the failed ones, and goes on when they are retried', async () => {
    await using own = await setup(engine);
    const { tasks, core, create } = own;
    const names = (ids: readonly string[], of: Readonly<Record<string, { readonly jobId: string }>>) =>
      ids.map((id) => Object.entries(of).find(([, { jobId }]) => jobId === id)?.[0]);

    // A diamond, with values of results on the way.
    const needs = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };
    const first = await create(
      graph(needs, {
        d: {
          params: { label: 'd', value: 10 },
          paramsFrom: [
            { path: ['inputs', 0], job: 'b', resultPath: ['sum'] },
            { path: ['inputs', 1], job: 'c', resultPath: ['sum'] },
          ],
        },
      }),
    );
    await isOver(core, first, 'SUCCEEDED');
    const done = await jobsByName(core, first);
    expect(done['d']).toMatchObject({ status: 'SUCCEEDED', result: { value: { sum: 12, label: 'd' } } });
    // Nothing is left to be announced.
    await expect.poll(async () => (await core.table.listPlaced({ place: 'tell', limit: 10 })).jobs).toEqual([]);
    const order = names(tasks.began, done);
    expect([order[0], order[3], order.length]).toEqual(['a', 'd', 4]);

    // Three policies, three levels. The clean-up job sees what failed.
    let seen: unknown;
    tasks.onRun = (label, { dependencies }) => {
      if (label === 'cleanUp') seen ??= dependencies['a'];
    };
    tasks.failing.add('a');
    const mixed = { a: [], b: ['a'], c: ['b'], cleanUp: ['a'], held: ['a'], after: ['held'] };
    const policies = { cleanUp: { whenDependencyFails: 'RUN' }, held: { whenDependencyFails: 'WAIT' } } as const;
    const second = await create(graph(mixed, policies));
    const failed = { a: 'FAILED_FINAL', b: 'CANCELLED', c: 'CANCELLED', cleanUp: 'SUCCEEDED', held: 'PENDING', after: 'PENDING' };
    await comesTo(core, second, failed);
    const { a, b, c } = await jobsByName(core, second);
    expect(b?.error).toMatchObject({ code: 'DEPENDENCY_FAILED', message: `It needs “a”, which ended FAILED_FINAL: job ${a?.jobId}.` });
    expect(seen).toMatchObject({ jobId: a?.jobId, status: 'FAILED_FINAL', error: { code: 'PERMANENT', message: 'a fails' } });
    expect(b?.cause).toEqual({ jobId: a?.jobId, generation: 1 });
    expect((await workflowNow(core, second)).status).toBe('RUNNING');
    const refused = retryJob(core, { owner, jobId: c?.jobId ?? '' });
    await expect(refused).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE', details: { jobId: a?.jobId } });
    tasks.failing.clear();
    await retryJob(core, { owner, jobId: a?.jobId ?? '' });
    await isOver(core, second, 'SUCCEEDED');
    expect(new Set(Object.values(await statusesOf(core, second)))).toEqual(new Set(['SUCCEEDED']));

    // A workflow that has ended as failed is reopened.
    tasks.failing.add('x').add('y');
    const third = await create(graph({ x: [], y: [], z: ['x', 'y'] }));
    await isOver(core, third, 'FAILED');
    expect(await workflowNow(core, third)).toMatchObject({ error: { code: 'PERMANENT' }, making: false });
    tasks.failing.delete('x');
    expect((await retryWorkflow(core, { owner, workflowId: third })).version).toBeGreaterThan(2);
    await isOver(core, third, 'FAILED');
    tasks.failing.clear();
    await expect.poll(async () => (await statusesOf(core, third))['y']).toBe('FAILED_FINAL');
    await retryWorkflow(core, { owner, workflowId: third });
    await isOver(core, third, 'SUCCEEDED');
    await expect(retryWorkflow(core, { owner, workflowId: third })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_RETRYABLE' });
  });

  test('is watched without a gap, each transition once, and resumed anywhere', async () => {
    await using own = await setup(engine);
    const { tasks, core, create, watches } = own;
    const gate = Promise.withResolvers<void>();
    tasks.onRun = () => gate.promise;
    tasks.failing.add('b');
    tasks.failingOnce.add('c');
    const workflowId = await create(graph({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: ['b'] }, { e: { whenDependencyFails: 'RUN' } }));
    const all = collected(await watches.workflow({ owner, workflowId, afterSequence: '0' }));
    const fresh = collected(await watches.workflow({ owner, workflowId }));
    gate.resolve();
    const told = await all;
    const jobs = await jobsByName(core, workflowId);
    const expected = [
      ...(await workflowNow(core, workflowId)).history.map(({ version, status }) => `workflow ${version} ${status}`),
      ...Object.entries(jobs).flatMap(([name, { history }]) => history.map(({ version, status }) => `${name} ${version} ${status}`)),
    ];
    expect(told.map(({ text }) => text).toSorted()).toEqual(expected.toSorted());
    expect(told.at(-1)?.text).toBe('workflow 2 FAILED');
    // A watcher without a position gets the present state, and then all changes.
    const heard = (await fresh).map(({ text }) => text);
    expect(new Set(heard).size).toBe(heard.length);
    expect(expected).toEqual(expect.arrayContaining(heard));
    expect(heard.at(-1)).toBe('workflow 2 FAILED');
    expect(heard.length).toBeGreaterThan(5);
    for (const after of told.keys()) {
      const rest = await collected(await watches.workflow({ owner, workflowId, afterSequence: told[after]?.sequence }));
      const whole = [...told.slice(0, after + 1), ...rest].map(({ text }) => text);
      expect(whole.toSorted()).toEqual(expected.toSorted());
    }
    await expect(watches.workflow({ owner, workflowId, afterSequence: 'x' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(watches.workflow({ owner: 'other', workflowId })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
  });

  test('is handed in once, all or nothing, and cancelled as a whole', async () => {
    await using own = await setup(engine);
    const { tasks, core, create } = own;
    const jobs = graph({ a: [], b: ['a'] });
    const ids = await Promise.all(Array.from({ length: 4 }, () => create(jobs, 'key')));
    expect(new Set(ids).size).toBe(1);
    await isOver(core, ids[0] ?? '', 'SUCCEEDED');
    expect(tasks.began).toHaveLength(2);
    await expect(create(graph({ a: [], c: ['a'] }), 'key')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });

    const gate = Promise.withResolvers<void>();
    tasks.onRun = (_label, { signal }) => Promise.race([gate.promise, once(signal, 'abort').then(() => signal.throwIfAborted())]);
    const running = await create(graph({ a: [], b: ['a'], last: ['b'] }, { last: { whenDependencyFails: 'RUN' } }));
    await expect.poll(async () => (await statusesOf(core, running))['a']).toBe('PROCESSING');
    await cancelWorkflow(core, { owner, workflowId: running });
    await comesTo(core, running, { a: 'CANCELLED', b: 'CANCELLED', last: 'CANCELLED' });
    await isOver(core, running, 'CANCELLED');
    await expect(cancelWorkflow(core, { owner, workflowId: running })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_CANCELLABLE' });
    await expect(cancelWorkflow(core, { owner: 'other', workflowId: running })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });

    // One job that is cancelled by itself takes its dependants with it, and brings them back.
    const partly = await create(graph({ a: [], b: ['a'], c: ['b'] }));
    const { b } = await jobsByName(core, partly);
    await cancelJob(core, { owner, jobId: b?.jobId ?? '' });
    await comesTo(core, partly, { a: 'PROCESSING', b: 'CANCELLED', c: 'CANCELLED' });
    gate.resolve();
    await isOver(core, partly, 'CANCELLED');
    await retryJob(core, { owner, jobId: b?.jobId ?? '' });
    await isOver(core, partly, 'SUCCEEDED');
  });
});

test('says where it is wrong, and writes nothing', async () => {
  await using own = await setup('embedded');
  const { core, create } = own;
  const refusals: readonly (readonly [ReturnType<typeof graph>, string, readonly (string | number)[]])[] = [
    [[], 'BAD_USER_INPUT', ['jobs']],
    [graph({ a: ['b'], b: ['c'], c: ['a'] }), 'BAD_USER_INPUT', ['jobs', 0, 'dependsOn']],
    [graph({ a: ['a'] }), 'BAD_USER_INPUT', ['jobs', 0, 'dependsOn', 0]],
    [graph({ a: [], b: ['x'] }), 'BAD_USER_INPUT', ['jobs', 1, 'dependsOn', 0]],
    [graph({ a: [], b: ['a', 'a'] }), 'BAD_USER_INPUT', ['jobs', 1, 'dependsOn', 1]],
    [[...graph({ a: [] }), ...graph({ a: [] })], 'BAD_USER_INPUT', ['jobs', 1, 'name']],
    [graph({ a: [], b: [] }, { b: { type: 'unknown' } }), 'UNKNOWN_JOB_TYPE', ['jobs', 1, 'type']],
    [graph({ a: [] }, { a: { params: { ms: 'x' } } }), 'BAD_USER_INPUT', ['jobs', 0, 'params', 'ms']],
    [graph(Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`j${index}`, []]))), 'BAD_USER_INPUT', ['jobs']],
    [from('ms', 'a', 'label'), 'BAD_USER_INPUT', ['jobs', 1, 'paramsFrom', 0, 'resultPath']],
    [from('ms', 'a', 'none'), 'BAD_USER_INPUT', ['jobs', 1, 'paramsFrom', 0, 'resultPath']],
    [from('ms', 'b', 'sum'), 'BAD_USER_INPUT', ['jobs', 1, 'paramsFrom', 0, 'job']],
  ];
  for (const [jobs, code, path] of refusals) {
    const error: unknown = await create(jobs).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobError);
    expect(error).toMatchObject({ code, details: { path } });
  }
  expect((await core.table.listOwned({ owner, newestFirst: true, limit: 10 })).length).toBe(0);

  function from(path: string, job: string, result: string) {
    return graph({ a: [], b: ['a'] }, { b: { paramsFrom: [{ path: [path], job, resultPath: [result] }] } });
  }
});
