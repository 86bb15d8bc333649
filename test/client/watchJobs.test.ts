import { setTimeout as sleep } from 'node:timers/promises';
import type { JobStatusEvent, JobTickets } from 'job-tickets-client';
import { expect, test } from 'vitest';
import type { JobTypes } from '../../docs/examples/jobTypes.d.ts';
import { openRestartable } from '../support/restartable.ts';
import { clientOf } from './clientOf.ts';

interface Followed extends AsyncDisposable {
  readonly events: readonly JobStatusEvent[];
  /** The versions of a job that were delivered, without progress. */
  versionsOf(jobId: string): readonly number[];
}

function follow(client: JobTickets<JobTypes>): Followed {
  const events: JobStatusEvent[] = [];
  const stopped = new AbortController();
  const following = (async () => {
    for await (const event of client.watchJobs({ signal: stopped.signal })) events.push(event);
  })().catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  return {
    events,
    versionsOf: (jobId) =>
      events.filter((event, index) => event.jobId === jobId && !isProgress(events.slice(0, index), event)).map(({ version }) => version),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await following;
    },
  };
}

/** Progress comes with a version that was delivered, and later than that. */
function isProgress(before: readonly JobStatusEvent[], { jobId, version, at, progress }: JobStatusEvent): boolean {
  return progress !== null && before.some((event) => event.jobId === jobId && event.version === version && event.at < at);
}

const upTo = (version: number): readonly number[] => Array.from({ length: version }, (_, index) => index + 1);

test('the watch of all jobs sends nothing from before, then each change of each job once and in order', async () => {
  await using server = await openRestartable({ SOCKET_DRAIN_SECONDS: '0' });
  await using client = clientOf(server.url);
  const { job: ended } = await client.createJob({ type: 'simulate_work' });
  await client.waitForJob(ended.jobId);
  await using followed = follow(client);
  // The second read must not deliver it either.
  await sleep(2500);
  const jobs = await client.createJobs([{ type: 'simulate_work', params: { durationMs: 300, steps: 3 } }, { type: 'simulate_work' }]);
  const ids = jobs.map(({ job }) => job?.jobId ?? '');
  await Promise.all(ids.map((jobId) => client.waitForJob(jobId)));
  for (const jobId of ids) await expect.poll(() => followed.versionsOf(jobId)).toEqual([1, 2, 3]);
  expect(followed.versionsOf(ended.jobId)).toEqual([]);
  expect(followed.events.every(({ recovered }) => recovered === null)).toBe(true);
});

test('across kill -9 and restart it reports what happened meanwhile: to jobs that were open before it began, to those it met, to new ones', async () => {
  await using server = await openRestartable({ SOCKET_DRAIN_SECONDS: '0' });
  await using client = clientOf(server.url);
  const before = await client.createJob({ type: 'simulate_work', params: { durationMs: 4000 } });
  const waiting = await client.createJob({ type: 'simulate_work', delaySeconds: 4 });
  await using followed = follow(client);
  await expect.poll(async () => (await client.job(before.job.jobId)).status).toBe('PROCESSING');
  await sleep(2500);
  const toldBefore = followed.versionsOf(before.job.jobId).length;
  const met = await client.createJob({ type: 'simulate_work', params: { durationMs: 2000 } });
  await expect.poll(() => followed.versionsOf(met.job.jobId)).toEqual([1, 2]);
  await server.kill();
  await sleep(300);
  await server.start();
  // Before the watch is back: its next try is half a second away at most, and other clients come at once.
  await using other = clientOf(server.url);
  const during = await other.createJob({ type: 'simulate_work' });
  for (const { jobId } of [before.job, waiting.job, met.job, during.job]) await other.waitForJob(jobId);

  for (const { jobId } of [met.job, during.job]) {
    const { version } = await other.job(jobId);
    await expect.poll(() => followed.versionsOf(jobId)).toEqual(upTo(version));
  }
  for (const { jobId } of [before.job, waiting.job]) {
    const { version } = await other.job(jobId);
    const told = (): readonly number[] => followed.versionsOf(jobId);
    await expect.poll(() => told().at(-1)).toBe(version);
    expect(told()).toEqual(upTo(version).slice(-told().length));
    expect(told().length).toBeGreaterThan(jobId === before.job.jobId ? toldBefore : 1);
  }
  expect(followed.events.some(({ recovered }) => recovered === true)).toBe(true);
});
