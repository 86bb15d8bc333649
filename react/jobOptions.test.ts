import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { skipToken, type SkipToken } from './view.ts';

await vi.hoisted(async () => (await import('./testPage.ts')).openPage());
const { QueryClient, QueryClientProvider, useQuery } = await import('@tanstack/react-query');
const { createElement, useEffect } = await import('react');
const { createJobHooks } = await import('./jobHooks.ts');
const { mount, useSystem } = await import('./testMount.ts');
const { openClient } = await import('./testPage.ts');

const system = useSystem();

test('TanStack Query: a job is followed until it has ended, and is not read again; a page that returns continues from there', async () => {
  await using watched = openClient(system().url);
  const { jobOptions } = createJobHooks(watched.client);
  const queries = new QueryClient();
  const seen: string[] = [];
  function Shown({ jobId }: { readonly jobId: string | SkipToken }): null {
    const { data, status, fetchStatus } = useQuery(jobOptions<'simulate_work'>(jobId));
    const text = `${status} ${fetchStatus} ${data?.status ?? ''} ${data?.result?.attempts ?? ''}`.trimEnd();
    useEffect(() => {
      seen.push(text);
    }, [text]);
    return null;
  }
  const page = (jobId: string | SkipToken) => createElement(QueryClientProvider, { client: queries }, createElement(Shown, { jobId }));
  const { job } = await watched.client.createJob({ type: 'simulate_work', params: { durationMs: 2500 } });

  const first = mount(page(skipToken));
  await expect.poll(() => seen).toContain('pending idle');
  expect(watched.asked('Job')).toEqual([]);
  first.draw(page(job.jobId));
  await expect.poll(() => seen.at(-1)).toBe('success fetching PROCESSING');
  first.unmount();
  await expect.poll(watched.openWatches).toBe(0);

  mount(page(job.jobId));
  await expect.poll(() => seen.at(-1)).toBe('success idle SUCCEEDED 1');
  // Once at the first render, once for the result; the second page continued from the cached version.
  expect(watched.asked('Job')).toHaveLength(2);
  expect(watched.asked('WatchJob').at(-1)).toMatchObject({ afterVersion: 2 });
  const before = watched.sent().length;
  mount(page(job.jobId));
  await queries.refetchQueries({ stale: true });
  await sleep(500);
  expect(watched.sent()).toHaveLength(before);
});

test('TanStack Query: a job that was retried is followed again once its query is invalidated', async () => {
  await using watched = openClient(system().url);
  const { jobOptions } = createJobHooks(watched.client);
  const queries = new QueryClient();
  const { job } = await watched.client.createJob({ type: 'simulate_work', delaySeconds: 600 });
  await watched.client.cancel(job.jobId);
  const options = jobOptions<'simulate_work'>(job.jobId);
  expect(await queries.query(options)).toMatchObject({ status: 'CANCELLED' });
  await watched.client.retry(job.jobId);
  await queries.invalidateQueries(options);
  expect(await queries.query(options)).toMatchObject({ status: 'SUCCEEDED', generation: 2 });
});

test('TanStack Query: that there is no such job is reported once', async () => {
  await using watched = openClient(system().url);
  const { jobOptions } = createJobHooks(watched.client);
  const asking = new QueryClient().query(jobOptions('01ARZ3NDEKTSV4RRFFQ69G5FAV'));
  await expect(asking).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  expect(watched.asked('Job')).toHaveLength(1);
});
