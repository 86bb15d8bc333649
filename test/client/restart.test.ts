import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openRestartable } from '../support/restartable.ts';
import { clientOf } from './clientOf.ts';

test('watches outlive kill -9 and restart of the server, every version once and in order; a job handed in meanwhile is made once', async () => {
  await using server = await openRestartable();
  await using client = clientOf(server.url);
  const jobs = await Promise.all(
    [0, 0, 1].map((failAttempts) => client.createJob({ type: 'simulate_work', params: { durationMs: 1000, failAttempts } })),
  );
  let seen = 0;
  const watching = jobs.map(async ({ job }) => {
    const versions: number[] = [];
    for await (const { version } of client.watchJob(job.jobId, { afterVersion: 0 })) {
      if (versions.at(-1) !== version) versions.push(version);
      seen += 1;
    }
    return versions;
  });
  const ended = jobs.map(({ job }) => client.waitForJob(job.jobId));
  await expect.poll(() => seen, { timeout: 10_000 }).toBeGreaterThanOrEqual(6);
  await server.kill();
  const creating = client.createJob({ type: 'simulate_work' });
  await sleep(500);
  await server.start();

  const meanwhile = await creating;
  expect(meanwhile.created).toBe(true);
  expect(await client.waitForJob(meanwhile.job.jobId)).toMatchObject({ status: 'SUCCEEDED' });
  for (const [index, versions] of (await Promise.all(watching)).entries()) {
    const job = await ended[index];
    expect(job?.status).toBe('SUCCEEDED');
    // Version 2 began the work that the kill ended; a later version began it again.
    expect(job?.version).toBeGreaterThan(3);
    expect(versions).toEqual(Array.from({ length: job?.version ?? 0 }, (_, at) => at + 1));
  }
}, 60_000);
