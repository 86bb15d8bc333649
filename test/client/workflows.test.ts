/** Workflows, from the client to the jobs: handed in once, watched across lost connections, retried, cancelled, and found by name. */
import type { WorkflowChange, WorkflowEvent } from 'job-tickets-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSystem, type System } from '../support/startSystem.ts';
import { openFaultProxy } from '../support/faultProxy.ts';
import { clientOf } from './clientOf.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ engine: 'embedded', env: { SOCKET_DRAIN_SECONDS: '0' } });
});
afterAll(() => system[Symbol.asyncDispose]());

const textOf = ({ jobName, jobEvent, workflowStatus }: WorkflowEvent): string =>
  `${jobName ?? 'workflow'} ${jobEvent?.version ?? ''}${jobEvent?.status ?? workflowStatus}`;

test.each([undefined, 'sse'] as const)(
  'a workflow is handed in once and watched to its end, each change once, although each change ends the connection (%s)',
  async (transport) => {
    await using proxy = await openFaultProxy(Number(new URL(system.url).port));
    await using client = clientOf(`http://127.0.0.1:${proxy.port}`, transport === undefined ? {} : { transport });
    const idempotencyKey = `twice-${transport}`;
    const handIn = () =>
      client.createWorkflow({
        name: 'two steps',
        idempotencyKey,
        jobs: [
          { name: 'first', type: 'simulate_work', params: { payload: 'taken over' } },
          {
            name: 'second',
            type: 'simulate_work',
            dependsOn: ['first'],
            paramsFrom: [{ path: ['payload'], job: 'first', resultPath: ['payload'] }],
          },
        ],
      });
    const { workflow, created } = await handIn();
    expect([created, workflow.status, workflow.name]).toEqual([true, 'RUNNING', 'two steps']);
    const { workflowId } = workflow;
    expect(await handIn()).toMatchObject({ created: false, workflow: { workflowId } });

    const told: string[] = [];
    for await (const event of client.watchWorkflow(workflowId, { afterSequence: '0' })) {
      told.push(textOf(event));
      proxy.reset();
    }
    const each = ['first', 'second'].flatMap((name) => [`${name} 1PENDING`, `${name} 2PROCESSING`, `${name} 3SUCCEEDED`]);
    expect(told.toSorted()).toEqual([...each, 'workflow RUNNING', 'workflow SUCCEEDED'].toSorted());
    expect(told.filter((text) => text.startsWith('second'))).toEqual(each.slice(3));
    expect(told.at(-1)).toBe('workflow SUCCEEDED');

    expect(await client.workflow(workflowId)).toMatchObject({ status: 'SUCCEEDED', jobCounts: [{ status: 'SUCCEEDED', count: 2 }] });
    const second = await client.workflowJob<'simulate_work'>(workflowId, 'second');
    // The result has the shape of its type.
    const attempts: number | undefined = second?.result?.attempts;
    expect([attempts, second?.result?.payload]).toEqual([1, 'taken over']);
    expect(await client.workflowJob(workflowId, 'third')).toBeNull();
    const jobs = await Array.fromAsync(client.workflowJobs(workflowId));
    expect(jobs.map(({ workflowJobName, dependsOn }) => [workflowJobName, dependsOn.map(({ name }) => name)])).toEqual([
      ['first', []],
      ['second', ['first']],
    ]);
  },
);

test('failed jobs are retried, open jobs are cancelled, a signal may come before its job runs, and the lists show all of them', async () => {
  await using client = clientOf(system.url);
  const { workflow } = await client.createWorkflow({
    name: 'fails',
    tags: ['client'],
    jobs: [
      { name: 'works', type: 'simulate_work', params: { failPermanently: true } },
      { name: 'after', type: 'simulate_work', dependsOn: ['works'], whenDependencyFails: 'WAIT' },
    ],
  });
  const { workflowId } = workflow;
  const statusOf = async (name: string) => (await client.workflowJob(workflowId, name))?.status;
  await expect.poll(() => statusOf('works')).toBe('FAILED_FINAL');
  const waiting = await client.workflowJob(workflowId, 'after');
  expect(waiting).toMatchObject({ status: 'PENDING', waitingReason: 'DEPENDENCIES' });
  const jobId = waiting?.jobId ?? '';
  expect(await client.sendSignal(jobId, 'approval', { by: 'Ada' })).toMatchObject({ jobId });
  expect(await client.sendSignal(jobId, 'approval', { by: 'Ada' })).toMatchObject({ jobId });
  await expect(client.sendSignal(jobId, 'approval', { by: 'Bob' })).rejects.toMatchObject({ code: 'SIGNAL_ALREADY_SENT' });

  expect(await client.retryWorkflow(workflowId)).toMatchObject({ status: 'RUNNING' });
  await expect.poll(async () => (await client.workflowJob(workflowId, 'works'))?.generation).toBe(2);
  await expect.poll(() => statusOf('works')).toBe('FAILED_FINAL');
  await client.cancelWorkflow(workflowId);
  await expect.poll(async () => (await client.workflow(workflowId)).status).toBe('FAILED');
  expect(await statusOf('after')).toBe('CANCELLED');
  await expect(client.cancelWorkflow(workflowId)).rejects.toMatchObject({ code: 'WORKFLOW_NOT_CANCELLABLE' });
  await expect(client.workflow('01J00000000000000000000000')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });

  const listed = async (filter: object) => (await Array.fromAsync(client.workflows({ filter }))).map((one) => one.workflowId);
  await expect.poll(() => listed({ tags: ['client'] })).toEqual([workflowId]);
  expect(await listed({ status: ['FAILED'], name: 'fails' })).toEqual([workflowId]);
  expect(await listed({ status: ['RUNNING'], name: 'fails' })).toEqual([]);
});

test('names of jobs, types and params are checked by the compiler', () => {
  // Never called: the test is that it compiles, and that the marked lines do not.
  const written = async (): Promise<void> => {
    await using client = clientOf(system.url);
    const type = 'simulate_work';
    const pages = ['page-1', 'page-2'];
    await client.createWorkflow({
      name: 'computed names',
      jobs: [
        { name: 'split', type },
        ...pages.map((name) => ({ name, type, dependsOn: ['split'] }) as const),
        { name: 'join', type, dependsOn: pages },
      ],
    });
    await client.createWorkflow({
      name: 'wrong',
      jobs: [
        { name: 'a', type },
        // @ts-expect-error No job has this name.
        { name: 'b', type, dependsOn: ['c'] },
        // @ts-expect-error Nor here.
        { name: 'd', type, dependsOn: ['a'], paramsFrom: [{ path: ['payload'], job: 'c', resultPath: [] }] },
        // @ts-expect-error There is no type with this name.
        { name: 'e', type: 'simulate_nothing' },
        // @ts-expect-error The type takes a number.
        { name: 'f', type, params: { durationMs: 'long' } },
      ],
    });
    const job = await client.workflowJob<'simulate_work'>('', 'a');
    // @ts-expect-error Its result has no such field.
    expect(job?.result?.nothing).toBeUndefined();
  };
  expect(written).toBeTypeOf('function');
});

test('the watch of all workflows sends nothing from before, then each change once, also what happened while the connection was lost', async () => {
  await using proxy = await openFaultProxy(Number(new URL(system.url).port));
  await using client = clientOf(`http://127.0.0.1:${proxy.port}`);
  await using other = clientOf(system.url);
  const begin = async (job: { readonly runAt?: string } = {}): Promise<string> => {
    const { workflow } = await other.createWorkflow({ name: 'watched', jobs: [{ name: 'only', type: 'simulate_work', ...job }] });
    return workflow.workflowId;
  };
  const ended = async (workflowId: string): Promise<void> => {
    for await (const _ of other.watchWorkflow(workflowId)) continue;
  };
  const before = await begin();
  await ended(before);
  const open = await begin({ runAt: inAnHour() });

  const changes: WorkflowChange[] = [];
  const stopped = new AbortController();
  const following = (async () => {
    for await (const change of client.watchWorkflows({ signal: stopped.signal })) changes.push(change);
  })().catch(() => undefined);
  const told = (workflowId: string): readonly string[] =>
    changes.filter((change) => change.workflowId === workflowId).map(({ version, status }) => `${version} ${status}`);

  // The watch has begun once it tells of a workflow.
  const met: string[] = [];
  await expect
    .poll(async () => {
      met.push(await begin({ runAt: inAnHour() }));
      return changes.length;
    })
    .toBeGreaterThan(0);
  const seen = changes[0]?.workflowId ?? '';
  expect(told(seen)).toEqual(['1 RUNNING']);

  await proxy.weather({ kind: 'down' });
  await expect.poll(() => client.connectionState()).toBe('lost');
  for (const workflowId of [open, seen]) await other.cancelWorkflow(workflowId);
  const during = await begin();
  for (const workflowId of [open, seen, during]) await ended(workflowId);
  await proxy.weather({ kind: 'fair' });

  await expect.poll(() => told(open)).toEqual(['2 CANCELLED']);
  await expect.poll(() => told(seen)).toEqual(['1 RUNNING', '2 CANCELLED']);
  await expect.poll(() => told(during)).toEqual(['1 RUNNING', '2 SUCCEEDED']);
  const later = await begin();
  await expect.poll(() => told(later)).toEqual(['1 RUNNING', '2 SUCCEEDED']);
  expect(told(before)).toEqual([]);
  for (const workflowId of met.filter((one) => one !== seen)) await other.cancelWorkflow(workflowId);
  for (const workflowId of met.filter((one) => one !== seen)) await expect.poll(() => told(workflowId).at(-1)).toBe('2 CANCELLED');
  expect(changes).toHaveLength(new Set(changes.map(({ workflowId, version }) => `${workflowId} ${version}`)).size);
  stopped.abort();
  await following;
});

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
