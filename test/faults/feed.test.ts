/** Redis restarts, is away, half-open or slow; single publishes are lost, doubled and late: watchers still see every version once. */
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { latestEventOf } from '../../core/feed/event.ts';
import { channelName } from '../../core/feed/feed.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import type { Weather } from '../support/faultProxy.ts';
import { startRedis } from '../support/redis.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, owner, withStream, type Stage } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

async function allSeen(stage: Stage, count: number, meanwhile: () => Promise<void>): Promise<void> {
  const jobs = await Promise.all(Array.from({ length: count }, () => stage.create({ params: { durationMs: 600, failAttempts: 1 } })));
  const watchings = jobs.map(({ jobId }) => stage.watch(jobId));
  await meanwhile();
  await Promise.all(watchings.map(({ done }) => done));
  expect(checkHistory(await stage.history())).toEqual([]);
}

test('jobs go on and watchers miss nothing while Redis is restarted', async (context) => {
  await using redis = { server: await startRedis(), [Symbol.asyncDispose]: () => redis.server.stop() };
  await using stage = await openStage(context, { redisPort: redis.server.port });
  const worker = await stage.start('worker', { WORKER_CONCURRENCY: '4' });
  await worker.said(/connected to Redis/);
  await allSeen(stage, 12, async () => {
    await redis.server.restart();
    await worker.said(/connected to Redis[^]*connected to Redis/);
    await redis.server.restart();
  });
});

test('a watcher of all jobs sees each of them to its end, or learns that it was interrupted, while Redis is restarted', async (context) => {
  await using redis = { server: await startRedis(), [Symbol.asyncDispose]: () => redis.server.stop() };
  await using stage = await openStage(context, { ...withStream(), redisPort: redis.server.port });
  await Promise.all([stage.start('worker', { WORKER_CONCURRENCY: '4' }), stage.start('lambdas')]);
  await expect.poll(() => stage.core.feed.isConnected()).toBe(true);
  const watchingAll = await stage.watchOwner();
  const handIn = () => Promise.all(Array.from({ length: 6 }, () => stage.create({ params: { durationMs: 300, failAttempts: 1 } })));
  const first = await handIn();
  await redis.server.restart();
  await expect.poll(() => watchingAll.watchers().length, { timeout: 15_000 }).toBeGreaterThan(1);
  const all = [...first, ...(await handIn())];
  await Promise.all(all.map(({ jobId }) => stage.watch(jobId).done));
  await watchingAll.caughtUp();
  const history = await stage.history();
  expect(history.ownerWatchers?.[0]?.end).toBe('interrupted');
  expect(checkHistory(history)).toEqual([]);
});

const partitions: readonly { readonly name: string; readonly weather: Weather }[] = [
  { name: 'refuses connections', weather: { kind: 'down' } },
  { name: 'is half-open', weather: { kind: 'blackHole' } },
  { name: 'is slow', weather: { kind: 'slow', delayMs: 150 } },
];

test.for(partitions)('watchers whose way to Redis $name read the table, and miss nothing', async ({ weather }, context) => {
  await using stage = await openStage(context);
  await expect.poll(() => stage.core.feed.isConnected()).toBe(true);
  const worker = await stage.start('worker');
  const ending = worker.table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED'));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  const last = await ending;
  await stage.redis.weather(weather);
  last.release();
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  await stage.redis.weather({ kind: 'fair' });
  await expect.poll(() => stage.core.feed.isConnected(), { timeout: 10_000 }).toBe(true);
  await allSeen(stage, 3, () => Promise.resolve());
});

test.for(partitions)(
  'a writer whose way to Redis $name ends its jobs in time, and the relay tells watchers',
  async ({ weather }, context) => {
    await using stage = await openStage(context, withStream());
    const [worker] = await Promise.all([stage.start('worker'), stage.start('lambdas')]);
    await worker.redis.weather(weather);
    const since = performance.now();
    await allSeen(stage, 5, () => Promise.resolve());
    expect(performance.now() - since).toBeLessThan(10_000);
  },
);

/** Integers, as Redis would answer so many SPUBLISH in one piece. */
const takenByNobody = (text: string): string => ':0\r\n'.repeat(text.split('spublish').length - 1);

test('a publish that is lost is noticed by the version that follows, without a poll', async (context) => {
  await using stage = await openStage(context);
  const worker = await stage.start('worker');
  const lost = worker.redis.swallow((text) => (text.includes('"status":"PROCESSING"') ? takenByNobody(text) : undefined));
  const job = await stage.create({ params: { durationMs: 300 } });
  const watching = stage.watch(job.jobId);
  await watching.done;
  expect(lost.count()).toBeGreaterThan(0);
  expect(watching.events.map(({ version, status }) => `${version} ${status}`)).toEqual(['1 PENDING', '2 PROCESSING', '3 SUCCEEDED']);
  expect(watching.events[1]).toMatchObject({ recovered: true });
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a last publish that is lost is brought by the relay, without a poll', async (context) => {
  await using stage = await openStage(context, withStream());
  const [worker] = await Promise.all([stage.start('worker'), stage.start('lambdas')]);
  const lost = worker.redis.swallow((text) => (text.includes('"status":"SUCCEEDED"') ? takenByNobody(text) : undefined));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  expect(await watching.done).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(lost.count()).toBeGreaterThan(0);
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('an end without a publish and without a relay is learnt of after a silence as long as a lease', async (context) => {
  await using stage = await openStage(context);
  const leaseMs = 2000;
  const watches = createWatches(stage.core, { silenceMs: leaseMs });
  const worker = await stage.start('worker');
  const lost = worker.redis.swallow((text) => (text.includes('"status":"SUCCEEDED"') ? takenByNobody(text) : undefined));
  const { jobId } = await stage.create();
  const seen: string[] = [];
  const since = performance.now();
  for await (const { version, status } of await watches.job({ owner, jobId })) seen.push(`${version} ${status}`);
  await watches.close();
  expect(seen).toEqual(['1 PENDING', '2 PROCESSING', '3 SUCCEEDED']);
  expect(lost.count()).toBeGreaterThan(0);
  expect(performance.now() - since).toBeLessThan(10_000);
});

test('publishes that come twice, late, out of order, or from the future change nothing of what a watcher sees', async (context) => {
  await using stage = await openStage(context);
  const raw = new Redis(`redis://127.0.0.1:${stage.redis.port}`);
  const worker = await stage.start('worker');
  const ending = worker.table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED'));
  const job = await stage.create();
  const watching = stage.watch(job.jobId);
  const last = await ending;
  const running = await stage.core.table.get(job.jobId);
  if (running === undefined) throw new Error('the job is gone');
  const channel = channelName({ jobId: job.jobId });
  const stray = [
    latestEventOf(job),
    latestEventOf(running),
    latestEventOf(job),
    { ...latestEventOf(running), version: 9, status: 'FAILED' as const },
  ];
  for (const event of stray) await raw.spublish(channel, JSON.stringify(event));
  last.release();
  await watching.done;
  for (const event of stray) await raw.spublish(channel, JSON.stringify(event));
  raw.disconnect();
  expect(watching.events.map(({ version, status }) => `${version} ${status}`)).toEqual(['1 PENDING', '2 PROCESSING', '3 SUCCEEDED']);
  expect(checkHistory(await stage.history())).toEqual([]);
});
