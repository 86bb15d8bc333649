/** Workers that are paused past their lease, or whose clock is wrong: what they do after waking changes nothing. */
import { expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { jobTypesOf, loadHandlers } from '../../core/jobList.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { createObjectStore } from '../../jobs/files/s3/objectStore.ts';
import jobs from '../../jobs/index.ts';
import { openCore } from '../../runtime/open.ts';
import { createWorker } from '../../worker/worker.ts';
import { silentLog } from '../support/silentLog.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, type Actor, type Stage } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

/** Resolves when the table has refused a write of this worker. */
function refusal({ table }: Actor): Promise<void> {
  return new Promise((resolve) => {
    table.observe(({ operation }, { status }) => {
      if (operation === 'UpdateItem' && status === 400) resolve();
    });
  });
}

test('a worker paused past its claim changes nothing when it wakes', async (context) => {
  await using stage = await openStage(context);
  const first = await stage.start('worker');
  const working = first.redis.hold((text) => text.includes('"progress"'));
  const job = await stage.create({ params: { durationMs: 1000, steps: 5 } });
  const watching = stage.watch(job.jobId);
  (await working).release();
  first.signal('SIGSTOP');
  await stage.start('worker');
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', version: 4 });
  const before = await stage.core.table.get(job.jobId);
  const refused = refusal(first);
  first.signal('SIGCONT');
  await refused;
  expect(await stage.core.table.get(job.jobId)).toEqual(before);
  first.signal('SIGTERM');
  expect(await first.exited()).toBe(0);
  expect(await stage.core.table.get(job.jobId)).toEqual(before);
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a worker paused past its claim takes nothing from the job’s next generation', async (context) => {
  await using stage = await openStage(context);
  const first = await stage.start('worker');
  const ending = first.table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED'));
  const job = await stage.create();
  const last = await ending;
  first.signal('SIGSTOP');
  // No other worker exists: the owner finds it stuck, and retries it.
  await expect
    .poll(
      () =>
        retryJob(stage.core, { owner: job.owner, jobId: job.jobId }).then(
          ({ generation }) => generation,
          () => 0,
        ),
      { timeout: 15_000 },
    )
    .toBe(2);
  const refused = refusal(first);
  last.release();
  first.signal('SIGCONT');
  await refused;
  // The message of the second generation is still there, for this same worker.
  expect(await stage.watch(job.jobId).done).toMatchObject({ status: 'SUCCEEDED', version: 5 });
  expect(checkHistory(await stage.history())).toEqual([]);
});

async function startSkewedWorker(stage: Stage, skewMs: number): Promise<AsyncDisposable> {
  const clock = { now: () => systemClock.now() + skewMs };
  const objects = createObjectStore({ s3: stage.clients.s3, buckets: [], maxSourceBytes: 1 });
  const { core, close } = openCore({ config: stage.config, jobTypes: jobTypesOf(jobs), clock, log: silentLog });
  const worker = createWorker({ core, handlers: await loadHandlers(jobs), objects, settings: stage.config });
  worker.start();
  return {
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await close();
    },
  };
}

test.for([10, -10])('a worker whose clock is %i minutes off takes nothing that is not its own', async (minutes, context) => {
  await using stage = await openStage(context);
  await stage.start('worker');
  await using _skewed = await startSkewedWorker(stage, minutes * 60_000);
  const jobs = await Promise.all(Array.from({ length: 10 }, () => stage.create({ params: { durationMs: 400 } })));
  // Each delivered twice, so that both workers have each job in hand.
  for (const { priority, jobId, generation, version, traceId } of jobs)
    await stage.core.queues.send(priority, { jobId, generation, version, traceId }, 0);
  const ends = await Promise.all(jobs.map(({ jobId }) => stage.watch(jobId).done));
  expect(ends.map((event) => event?.status)).toEqual(ends.map(() => 'SUCCEEDED'));
  const history = await stage.history();
  expect(checkHistory(history)).toEqual([]);
  // No live job was taken over, and no moment lies before the one before it.
  expect(history.table.map(({ attempts, losses, version }) => [attempts, losses, version])).toEqual(jobs.map(() => [1, 0, 3]));
  for (const { history: entries } of history.table)
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted((a, b) => a - b));
});
