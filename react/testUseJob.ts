/** The promises of `useJob`, on the version of React that the calling test has installed. */
import { createElement, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'job-tickets-client';
import { describe, expect, test } from 'vitest';
import { createJobHooks, skipToken } from './jobHooks.ts';
import { hydrate, mount, noting, useSystem } from './testMount.ts';
import { openClient } from './testPage.ts';

export function exerciseUseJob(): void {
  const system = useSystem();
  const slow = { type: 'simulate_work', params: { durationMs: 1200, steps: 4 } } as const;

  describe('useJob', () => {
    test('shows a job from its present state over its progress to its end with the result, in StrictMode by one watch', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      const { job } = await watched.client.createJob(slow);
      const noted = noting((jobId: string) => useJob<'simulate_work'>(jobId));
      mount(noted.element(job.jobId));
      await expect.poll(() => noted.last()?.status).toBe('ended');
      expect(noted.last()).toMatchObject({ data: { status: 'SUCCEEDED', result: { attempts: 1 } }, connection: 'idle', error: undefined });
      const progress = noted.views.flatMap(({ data }) => data?.progress ?? []);
      // A slow page draws several events at once.
      expect(progress.length).toBeGreaterThan(0);
      expect(progress).toEqual(progress.toSorted((one, other) => one - other));
      expect(noted.views.some(({ connection, status }) => connection === 'open' && status === 'live')).toBe(true);
      expect(watched.asked('WatchJob')).toHaveLength(1);
    });

    test('requests nothing more once the job is final: no watch, no polling, no connection', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      const { job } = await watched.client.createJob({ type: 'simulate_work' });
      const noted = noting((jobId: string) => useJob(jobId));
      const page = mount(noted.element(job.jobId));
      await expect.poll(() => noted.last()?.status).toBe('ended');
      await expect.poll(watched.openSockets).toBe(0);
      const before = watched.sent().length;
      const drawings = noted.drawings();
      page.draw(noted.element(job.jobId));
      await expect.poll(noted.drawings).toBeGreaterThan(drawings);
      // Longer than any of its pauses.
      await sleep(1500);
      expect(watched.sent()).toHaveLength(before);
      expect(watched.openSockets()).toBe(0);
    });

    test('does not end before the job does: failed attempts and a return to the queue do not end it', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      const { job } = await watched.client.createJob({ type: 'simulate_work', params: { durationMs: 50, failAttempts: 4 } });
      const noted = noting((jobId: string) => useJob(jobId));
      mount(noted.element(job.jobId));
      await expect.poll(() => noted.last()?.status).toBe('ended');
      const isSucceeded = ({ data }: (typeof noted.views)[number]): boolean => data?.status === 'SUCCEEDED' && data.result !== null;
      expect(noted.views.map((view) => view.status === 'ended')).toEqual(noted.views.map(isSucceeded));
      expect(noted.views.some(({ data }) => data?.status === 'PENDING' && data.attempts > 0)).toBe(true);
    });

    test('with another job, shows that one and leaves the first, however often it changes', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      const created = await watched.client.createJobs(
        Array.from({ length: 3 }, () => ({ type: 'simulate_work', delaySeconds: 600 }) as const),
      );
      const [one = '', two = '', three = ''] = created.map(({ job }) => job?.jobId ?? '');
      const shown: [asked: string, got: string | undefined][] = [];
      const noted = noting((jobId: string) => {
        const view = useJob(jobId);
        shown.push([jobId, view.data?.jobId]);
        return view;
      });
      const page = mount(noted.element(one));
      for (const jobId of [two, one, three, two, one, three]) {
        await expect.poll(() => noted.last()?.data?.jobId).toBeDefined();
        page.draw(noted.element(jobId));
      }
      await expect.poll(() => noted.last()?.data?.jobId).toBe(three);
      await expect.poll(watched.openWatches).toBe(1);
      await watched.client.cancel(one);
      await watched.client.cancel(three);
      await expect.poll(() => noted.last()).toMatchObject({ status: 'ended', data: { jobId: three, status: 'CANCELLED' } });
      expect(shown.filter(([asked, got]) => got !== undefined && got !== asked)).toEqual([]);
    });

    test('does nothing while it has to skip, and connects as soon as it has a job, each time', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      await using other = openClient(system().url);
      const { job } = await other.client.createJob({ type: 'simulate_work', delaySeconds: 600 });
      const noted = noting((jobId: string | typeof skipToken) => useJob(jobId));
      const page = mount(noted.element(skipToken));
      await expect.poll(() => noted.last()).toEqual({ data: undefined, error: undefined, status: 'idle', connection: 'idle' });
      expect(watched.sent()).toEqual([]);
      for (const again of [1, 2]) {
        page.draw(noted.element(job.jobId));
        await expect.poll(() => noted.last()).toMatchObject({ status: 'live', connection: 'open', data: { status: 'PENDING' } });
        page.draw(noted.element(skipToken));
        await expect.poll(() => noted.last()?.status).toBe('idle');
        await expect.poll(watched.openWatches, { message: `time ${again}` }).toBe(0);
      }
    });

    test('resumes from what the server rendered, without reading it again, and without any message where that is final', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      await using server = openClient(system().url);
      const { job } = await server.client.createJob(slow);
      function Page({ initialData }: { readonly initialData: Job }): ReactNode {
        const { data, status } = useJob(initialData.jobId, { initialData: { ...initialData, params: {}, result: null } });
        return createElement('p', null, `${status}: ${data?.status ?? ''} ${data?.version ?? ''}`);
      }
      const drawn = renderToString(createElement(Page, { initialData: job }));
      expect(drawn).toBe('<p>live: PENDING 1</p>');
      const { container, complaints } = hydrate(drawn, createElement(Page, { initialData: job }));
      await expect.poll(() => container.textContent).toBe('ended: SUCCEEDED 3');
      expect(watched.asked('WatchJob')).toEqual([{ jobId: job.jobId, afterVersion: 1 }]);
      // Once, for the result.
      expect(watched.asked('Job')).toHaveLength(1);
      expect(complaints).toEqual([]);

      const ended = await server.client.job(job.jobId);
      await using quiet = openClient(system().url);
      const hooks = createJobHooks(quiet.client);
      const noted = noting((initialData: Job) =>
        hooks.useJob(initialData.jobId, { initialData: { ...initialData, params: {}, result: null } }),
      );
      expect(renderToString(createElement(Page, { initialData: ended }))).toBe('<p>ended: SUCCEEDED 3</p>');
      mount(noted.element(ended));
      await expect.poll(() => noted.last()?.status).toBe('ended');
      expect(quiet.sent()).toEqual([]);
    });

    test('shows once that there is no such job, and does not request it again', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      const noted = noting((jobId: string) => useJob(jobId));
      mount(noted.element('01ARZ3NDEKTSV4RRFFQ69G5FAV'));
      await expect.poll(() => noted.last()).toMatchObject({ status: 'error', error: { code: 'JOB_NOT_FOUND' } });
      const before = watched.sent().length;
      await sleep(800);
      expect(watched.sent()).toHaveLength(before);
    });

    test('makes one watch for all components that show the job, and ends it soon after the last is gone', async () => {
      await using watched = openClient(system().url);
      const { useJob } = createJobHooks(watched.client);
      const { job } = await watched.client.createJob({ type: 'simulate_work', delaySeconds: 600 });
      const noted = noting((jobId: string) => useJob(jobId));
      const pages = [1, 2, 3].map(() => mount(noted.element(job.jobId)));
      await expect.poll(() => noted.views.filter(({ connection }) => connection === 'open').length).toBeGreaterThan(2);
      // The connection is open before anything is asked over it.
      await expect.poll(watched.openWatches).toBe(1);
      for (const page of pages) page.unmount();
      await expect.poll(watched.openWatches).toBe(0);
      await expect.poll(watched.openSockets).toBe(0);
      expect(watched.asked('WatchJob')).toHaveLength(1);
    });
  });
}
