/** The promises of the other hooks, on the version of React that the calling test has installed. */
import { createElement, useState } from 'react';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../core/errors.ts';
import { defineHandler } from '../core/handler.ts';
import { simulateWork } from '../jobs/simulateWork/type.ts';
import { startSystem } from '../test/support/startSystem.ts';
import { createJobHooks, skipToken } from './jobHooks.ts';
import { mount, noting, useSystem } from './testMount.ts';
import { openClient } from './testPage.ts';

export function exerciseOtherHooks(): void {
  const system = useSystem();
  const slow = { type: 'simulate_work', params: { durationMs: 1200, steps: 4 } } as const;

  describe('useJobLogs', () => {
    test('shows each line as it comes, in StrictMode by one subscription, and requests nothing for a skipped job', async () => {
      const goOn = Promise.withResolvers<void>();
      const handler = defineHandler(simulateWork, async (_params, { log }) => {
        log.info('one');
        await goOn.promise;
        log.warn('two');
        return { attempts: 1, sleptMs: 0 };
      });
      await using logging = await startSystem({ engine: 'embedded', handlers: [handler] });
      await using watched = openClient(logging.url);
      const { useJobLogs } = createJobHooks(watched.client);
      const { job } = await watched.client.createJob({ type: 'simulate_work' });
      const noted = noting((jobId: string) => useJobLogs(jobId === '' ? skipToken : jobId));
      const page = mount(noted.element(''));
      await expect.poll(() => noted.last()?.status).toBe('idle');
      expect(watched.asked('JobLogs')).toHaveLength(0);
      page.draw(noted.element(job.jobId));
      await expect.poll(() => noted.last()?.data?.length, { timeout: 10_000 }).toBe(1);
      goOn.resolve();
      await expect.poll(() => noted.last()?.status, { timeout: 10_000 }).toBe('ended');
      expect(noted.last()?.data).toMatchObject([
        { level: 'INFO', message: 'one' },
        { level: 'WARN', message: 'two' },
      ]);
      expect(watched.asked('JobLogs')).toHaveLength(1);
    });
  });

  describe('useWorkflow', () => {
    test('shows a workflow and its jobs until it has ended, by one watch for all components, and continues when it is retried', async () => {
      let isBroken = true;
      const goOn = Promise.withResolvers<void>();
      const handler = defineHandler(simulateWork, async ({ payload }) => {
        await goOn.promise;
        if (payload === 'breaks' && isBroken) throw new PermanentError('It breaks.');
        return { attempts: 1, sleptMs: 0 };
      });
      await using running = await startSystem({ engine: 'embedded', handlers: [handler] });
      await using watched = openClient(running.url);
      const { useWorkflow, useRetryWorkflow } = createJobHooks(watched.client);
      const { workflow } = await watched.client.createWorkflow({
        name: 'three',
        jobs: [
          { name: 'a', type: 'simulate_work' },
          { name: 'b', type: 'simulate_work', params: { payload: 'breaks' }, dependsOn: ['a'] },
          { name: 'c', type: 'simulate_work', dependsOn: ['b'] },
        ],
      });
      let retry: ((workflowId: string) => void) | undefined;
      const noted = noting((workflowId: string) => {
        const { mutate } = useRetryWorkflow();
        retry = mutate;
        return useWorkflow(workflowId === '' ? skipToken : workflowId);
      });
      const stand = (): Record<string, string> =>
        Object.fromEntries((noted.last()?.data?.jobs ?? []).map(({ name, status }) => [name, status]));
      const page = mount(noted.element(''));
      await expect.poll(() => noted.last()?.status).toBe('idle');
      expect(watched.asked('WatchWorkflow')).toEqual([]);
      page.draw(noted.element(workflow.workflowId));
      mount(noted.element(workflow.workflowId));
      await expect.poll(stand, { timeout: 10_000 }).toEqual({ a: 'PROCESSING', b: 'PENDING', c: 'PENDING' });
      expect(noted.last()).toMatchObject({ status: 'live', connection: 'open', data: { name: 'three', status: 'RUNNING' } });
      goOn.resolve();
      await expect.poll(() => noted.last()?.status, { timeout: 10_000 }).toBe('ended');
      expect(stand()).toEqual({ a: 'SUCCEEDED', b: 'FAILED_FINAL', c: 'CANCELLED' });
      expect(noted.last()?.data).toMatchObject({ status: 'FAILED', error: { message: '“b” ended FAILED_FINAL: It breaks.' } });
      expect(watched.asked('WatchWorkflow')).toHaveLength(1);

      isBroken = false;
      retry?.(workflow.workflowId);
      await expect.poll(() => noted.last()?.data?.status, { timeout: 10_000 }).toBe('SUCCEEDED');
      expect(stand()).toEqual({ a: 'SUCCEEDED', b: 'SUCCEEDED', c: 'SUCCEEDED' });
      expect(noted.last()?.data?.jobCounts).toEqual([{ status: 'SUCCEEDED', count: 3 }]);
      await expect.poll(watched.openWatches).toBe(0);
    });

    test('follows what a component does to it: a signal that a job waits for, and a cancel', async () => {
      const handler = defineHandler(simulateWork, async ({ payload }, { waitForSignal }) => {
        await waitForSignal(payload === 'first' ? 'first' : 'second');
        return { attempts: 1, sleptMs: 0 };
      });
      await using running = await startSystem({ engine: 'embedded', handlers: [handler] });
      await using watched = openClient(running.url);
      const { useWorkflow, useCancelWorkflow, useSendSignal } = createJobHooks(watched.client);
      const { workflow } = await watched.client.createWorkflow({
        name: 'asks twice',
        jobs: [
          { name: 'a', type: 'simulate_work', params: { payload: 'first' } },
          { name: 'b', type: 'simulate_work', params: { payload: 'second' }, dependsOn: ['a'] },
        ],
      });
      const used: { send?: (jobId: string, name: string) => void; cancel?: (workflowId: string) => void } = {};
      const noted = noting((workflowId: string) => {
        used.send = useSendSignal().mutate;
        used.cancel = useCancelWorkflow().mutate;
        return useWorkflow(workflowId);
      });
      mount(noted.element(workflow.workflowId));
      const jobs = () => noted.last()?.data?.jobs ?? [];
      await expect.poll(() => jobs().length).toBe(2);
      used.send?.(jobs().find(({ name }) => name === 'a')?.jobId ?? '', 'first');
      await expect.poll(() => jobs().find(({ name }) => name === 'a')?.status).toBe('SUCCEEDED');
      used.cancel?.(workflow.workflowId);
      await expect.poll(() => noted.last()?.data?.status).toBe('CANCELLED');
      expect(jobs().map(({ name, status }) => [name, status])).toEqual([
        ['a', 'SUCCEEDED'],
        ['b', 'CANCELLED'],
      ]);
    });

    test('shows once that there is no such workflow', async () => {
      await using watched = openClient(system().url);
      const { useWorkflow } = createJobHooks(watched.client);
      const noted = noting((workflowId: string) => useWorkflow(workflowId));
      mount(noted.element('01ARZ3NDEKTSV4RRFFQ69G5FAV'));
      await expect.poll(() => noted.last()).toMatchObject({ status: 'error', error: { code: 'WORKFLOW_NOT_FOUND' } });
    });
  });

  describe('useJobs', () => {
    test('of ids given as a new array each time: one watch per job, no loop, all in their order', async () => {
      await using watched = openClient(system().url);
      const { useJobs } = createJobHooks(watched.client);
      const created = await watched.client.createJobs([slow, slow, slow]);
      const ids = created.map(({ job }) => job?.jobId ?? '');
      const noted = noting(({ tick }: { readonly tick: number }) => useJobs(ids.map((jobId) => (tick > 0 ? jobId : '')).filter(Boolean)));
      const page = mount(noted.element({ tick: 1 }));
      for (let tick = 2; tick < 12; tick += 1) page.draw(noted.element({ tick }));
      await expect.poll(() => noted.last()?.status).toBe('ended');
      expect(noted.last()?.data?.map((job) => `${job?.jobId} ${job?.status}`)).toEqual(ids.map((jobId) => `${jobId} SUCCEEDED`));
      expect(watched.asked('WatchJob')).toHaveLength(3);
      const drawings = noted.drawings();
      await sleep(500);
      expect(noted.drawings()).toBe(drawings);
    });

    test('of a query given as a new object each time shows the list; jobs appear, change and disappear', async () => {
      await using watched = openClient(system().url);
      const { useJobs } = createJobHooks(watched.client);
      const noted = noting(({ first }: { readonly first: number }) =>
        useJobs({ filter: { status: ['PENDING'], type: ['simulate_work'] }, first }),
      );
      const page = mount(noted.element({ first: 5 }));
      await expect.poll(() => noted.last()?.status).toBe('live');
      for (let tick = 0; tick < 10; tick += 1) page.draw(noted.element({ first: 5 }));
      const { job } = await watched.client.createJob({ type: 'simulate_work', delaySeconds: 600 });
      await expect.poll(() => noted.last()?.data?.[0]?.jobId).toBe(job.jobId);
      await watched.client.cancel(job.jobId);
      await expect.poll(() => noted.last()?.data?.some(({ jobId }) => jobId === job.jobId)).toBe(false);
      expect(watched.asked('WatchJobs')).toHaveLength(1);
      expect(noted.last()).toMatchObject({ status: 'live', connection: 'open' });
    });
  });

  describe('calls', () => {
    test('useCreateJob hands in a job, which useJob then follows without reading it', async () => {
      await using watched = openClient(system().url);
      const { useCreateJob, useJob } = createJobHooks(watched.client);
      let click: (() => void) | undefined;
      const noted = noting(() => {
        const { mutate, data } = useCreateJob('simulate_work');
        click = () => mutate({ durationMs: 300, payload: 'clicked' });
        return useJob<'simulate_work'>(data?.jobId ?? skipToken, { initialData: data });
      });
      mount(noted.element(undefined));
      await expect.poll(() => noted.last()?.status).toBe('idle');
      click?.();
      await expect.poll(() => noted.last()).toMatchObject({ status: 'ended', data: { result: { payload: 'clicked' } } });
      expect(watched.asked('CreateJob')).toHaveLength(1);
      expect(watched.asked('WatchJob')).toMatchObject([{ afterVersion: 1 }]);
    });

    test('useCreateJob shows why a job is refused, by its code, until it is reset', async () => {
      await using watched = openClient(system().url);
      const { useCreateJob } = createJobHooks(watched.client);
      let call: ReturnType<typeof useCreateJob<'simulate_work'>> | undefined;
      function Form(): null {
        call = useCreateJob('simulate_work');
        return null;
      }
      mount(createElement(Form));
      await expect.poll(() => call?.status).toBe('idle');
      call?.mutate({ durationMs: -1 });
      await expect.poll(() => call?.error).toMatchObject({ code: 'BAD_USER_INPUT' });
      await expect(call?.mutateAsync({ durationMs: -1 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      call?.reset();
      await expect.poll(() => call?.status).toBe('idle');
    });

    test('a job that had ended is followed again when useRetryJob retries it', async () => {
      await using watched = openClient(system().url);
      const { useJob, useCancelJob, useRetryJob } = createJobHooks(watched.client);
      const { job } = await watched.client.createJob({ type: 'simulate_work', delaySeconds: 600 });
      let steer: { cancel: (jobId: string) => void; retry: (jobId: string) => void } | undefined;
      const noted = noting((jobId: string) => {
        const [cancel, retry] = [useCancelJob(), useRetryJob()];
        const [, setTick] = useState(0);
        steer = { cancel: cancel.mutate, retry: (id) => (setTick((tick) => tick + 1), retry.mutate(id)) };
        return useJob(jobId);
      });
      mount(noted.element(job.jobId));
      await expect.poll(() => noted.last()?.status).toBe('live');
      steer?.cancel(job.jobId);
      await expect.poll(() => noted.last()).toMatchObject({ status: 'ended', data: { status: 'CANCELLED' } });
      steer?.retry(job.jobId);
      await expect.poll(() => noted.last()).toMatchObject({ status: 'ended', data: { status: 'SUCCEEDED', generation: 2 } });
    });
  });
}
