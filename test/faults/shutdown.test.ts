/** SIGTERM under load: running jobs are finished or given back, and nothing waits for a lease to end. */
import { expect, test } from 'vitest';
import { checkHistory } from './historyChecker.ts';
import { openStage, type Stage, type Watching } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

async function hasPassed(stage: Stage, watchings: readonly Watching[]): Promise<void> {
  const ends = await Promise.all(watchings.map(({ done }) => done));
  expect(ends.map((event) => event?.status)).toEqual(ends.map(() => 'SUCCEEDED'));
  expect(checkHistory(await stage.history())).toEqual([]);
}

test('a worker that has to stop under load finishes what it holds, and another does the rest', async (context) => {
  await using stage = await openStage(context, { env: { VISIBILITY_TIMEOUT_SECONDS: '20', WORKER_CONCURRENCY: '8' } });
  const first = await stage.start('worker');
  const claimed = first.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const jobs = await Promise.all(Array.from({ length: 60 }, () => stage.create({ params: { durationMs: 200 } })));
  const watchings = jobs.map(({ jobId }) => stage.watch(jobId));
  (await claimed).release();
  first.signal('SIGTERM');
  expect(await first.exited()).toBe(0);
  const begun = stage.writes.filter(({ status }) => status === 'PROCESSING').length;
  const ended = stage.writes.filter(({ status }) => status === 'SUCCEEDED').length;
  expect(begun).toBeGreaterThan(0);
  expect(ended).toBe(begun);
  // Within the lease of the first: nothing has to run out.
  await stage.start('worker');
  await hasPassed(stage, watchings);
});

test('what is not finished within the grace time is given back at once', async (context) => {
  await using stage = await openStage(context, { env: { VISIBILITY_TIMEOUT_SECONDS: '60', SHUTDOWN_GRACE_SECONDS: '1' } });
  const first = await stage.start('worker');
  const claimed = first.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const job = await stage.create({ params: { durationMs: 5000 } });
  const watching = stage.watch(job.jobId);
  (await claimed).release();
  first.signal('SIGTERM');
  expect(await first.exited(10_000)).toBe(0);
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', version: 3 });
  await stage.start('worker');
  await hasPassed(stage, [watching]);
});

test('a second SIGTERM ends the grace time', async (context) => {
  await using stage = await openStage(context, { env: { VISIBILITY_TIMEOUT_SECONDS: '60', SHUTDOWN_GRACE_SECONDS: '60' } });
  const worker = await stage.start('worker');
  const claimed = worker.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const job = await stage.create({ params: { durationMs: 60_000 } });
  (await claimed).release();
  worker.signal('SIGTERM');
  await worker.said(/a second signal hurries/);
  worker.signal('SIGTERM');
  expect(await worker.exited(10_000)).toBe(0);
  expect(await stage.core.table.get(job.jobId)).toMatchObject({ status: 'PENDING', version: 3 });
});

test('a worker that is killed in the middle of its shutdown loses nothing', async (context) => {
  await using stage = await openStage(context);
  const first = await stage.start('worker', { SHUTDOWN_GRACE_SECONDS: '0' });
  const claimed = first.table.hold('after', 'UpdateItem', setsStatus('PROCESSING'));
  const releasing = first.table.hold('before', 'UpdateItem', setsStatus('PENDING'));
  const job = await stage.create({ params: { durationMs: 1000 } });
  const watching = stage.watch(job.jobId);
  (await claimed).release();
  first.signal('SIGTERM');
  await releasing;
  await first.kill();
  await stage.start('worker');
  await hasPassed(stage, [watching]);
});
