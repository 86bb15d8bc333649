import { expect, test, vi } from 'vitest';
import { openRestartable } from '../test/support/restartable.ts';

await vi.hoisted(async () => (await import('./testPage.ts')).openPage());
const { createJobHooks } = await import('./jobHooks.ts');
const { mount, noting } = await import('./testMount.ts');
const { openClient } = await import('./testPage.ts');

test('a component says that the connection is lost, keeps what it shows, and continues when the server is back', async () => {
  await using server = await openRestartable({ SOCKET_DRAIN_SECONDS: '0' });
  await using watched = openClient(server.url);
  const { useJob, useJobs } = createJobHooks(watched.client);
  const { job } = await watched.client.createJob({ type: 'simulate_work', params: { durationMs: 2000, failAttempts: 1 } });
  const noted = noting((jobId: string) => useJob(jobId));
  const list = noting(() => useJobs());
  mount(noted.element(job.jobId));
  mount(list.element(undefined));
  await expect.poll(() => noted.last()).toMatchObject({ status: 'live', connection: 'open', data: { status: 'PROCESSING' } });
  await expect.poll(() => list.last()?.data).toMatchObject([{ status: 'PROCESSING' }]);
  await server.kill();
  await expect.poll(() => noted.last()).toMatchObject({ status: 'live', connection: 'lost', data: { status: 'PROCESSING' } });
  await server.start();
  await expect.poll(() => noted.last()?.connection).toBe('open');
  await expect.poll(() => noted.last()).toMatchObject({ status: 'ended', data: { status: 'SUCCEEDED' } });
  await expect.poll(() => list.last()).toMatchObject({ status: 'live', data: [{ status: 'SUCCEEDED' }] });
});
