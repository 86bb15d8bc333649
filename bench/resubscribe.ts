/** How soon all watched jobs are whole when Redis is back, and what they read of the table while it is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Feed } from '../core/feed/feed.ts';
import { openRedisFeed } from '../core/feed/redis/redisFeed.ts';
import type { Job } from '../core/job.ts';
import { createWatches, type Watch } from '../core/usecases/watchJob.ts';
import { systemClock } from '../core/clock.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { memoryEntries } from '../test/support/memoryEntries.ts';
import { startRedis, type RedisServer } from '../test/support/redis.ts';
import { silentLog } from '../test/support/silentLog.ts';
import type { Report } from './support/report.ts';

const away = { jobs: 5000, seconds: 15 };
/** Milliseconds. */
const limits = new Map([
  [10_000, 2000],
  [200_000, 30_000],
]);

export async function resubscribe(): Promise<Report> {
  const returns = new Map<number, Return>();
  for (const channels of limits.keys()) returns.set(channels, await measureReturn(channels));
  const reads = await measureAway();
  return {
    title: 'Redis goes and comes back',
    method: `Watchers of jobs of their own in one process, over a real Redis that is ended and started again; the table is a map in memory, so that only our side is measured. Each job takes a step while Redis is away; a watcher is whole when it was told that step. Away: ${away.jobs} watched jobs, for ${away.seconds} seconds.`,
    columns: ['watched jobs', 'until all are subscribed ms', 'until all are whole ms', 'CPU ms of this process'],
    rows: Array.from(returns, ([channels, { subscribedMs, wholeMs, cpuMs }]) => [
      channels.toLocaleString('en'),
      subscribedMs,
      wholeMs,
      cpuMs,
    ]),
    promises: [
      ...Array.from(returns, ([channels, { wholeMs }]) => ({
        promise: `milliseconds from the start of Redis until ${channels.toLocaleString('en')} watchers are whole`,
        measured: wholeMs,
        limit: { atMost: limits.get(channels) ?? 0 },
      })),
      {
        promise: `reads a second of ${away.jobs} watched jobs while Redis is away, in the busiest second`,
        measured: Math.max(...reads),
        limit: { atMost: 550 },
      },
    ],
    notes: [`Reads in each second while Redis is away: ${reads.join(', ')}.`],
  };
}

interface Return {
  readonly subscribedMs: number;
  readonly wholeMs: number;
  readonly cpuMs: number;
}

async function measureReturn(channels: number): Promise<Return> {
  await using stage = await watchMany(channels);
  await stage.endRedis();
  stage.stepAll();
  const cpu = process.cpuUsage();
  await stage.redis.restart();
  const since = performance.now();
  while (!stage.feed.isConnected()) await sleep(5);
  const subscribedMs = performance.now() - since;
  while (stage.seen() < channels) await sleep(5);
  const wholeMs = performance.now() - since;
  const { user, system } = process.cpuUsage(cpu);
  return { subscribedMs, wholeMs, cpuMs: (user + system) / 1000 };
}

async function measureAway(): Promise<readonly number[]> {
  await using stage = await watchMany(away.jobs);
  await stage.endRedis();
  const perSecond: number[] = [];
  for (let second = 0; second < away.seconds; second += 1) {
    const before = stage.reads();
    await sleep(1000);
    perSecond.push(stage.reads() - before);
  }
  return perSecond;
}

interface Watching extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly feed: Feed;
  /** Watchers that were told their job's second version. */
  seen(): number;
  reads(): number;
  stepAll(): void;
  endRedis(): Promise<void>;
}

async function watchMany(count: number): Promise<Watching> {
  const redis = await startRedis();
  const feed = openRedisFeed({ redisUrl: redis.url, log: silentLog });
  while (!feed.isConnected()) await sleep(5);
  const jobs = new Map<string, Job>(Array.from({ length: count }, () => makeJob()).map((job) => [job.jobId, job]));
  let reads = 0;
  let seen = 0;
  const table = {
    entries: memoryEntries(),
    get(jobId: string) {
      reads += 1;
      return Promise.resolve(jobs.get(jobId));
    },
    getMany(jobIds: readonly string[]) {
      reads += jobIds.length;
      return Promise.resolve(jobIds.map((jobId) => jobs.get(jobId)));
    },
  };
  const watches = createWatches({ table, feed, clock: systemClock, log: silentLog, telemetry: noTelemetry });
  const ids = [...jobs.keys()];
  for (let from = 0; from < count; from += 1000) {
    await Promise.all(
      ids.slice(from, from + 1000).map(async (jobId) => {
        const watch = await watches.job({ owner: 'owner-1', jobId });
        watch.listen({ onChange: () => (seen += countSeconds(watch)) });
        countSeconds(watch);
      }),
    );
  }

  return {
    redis,
    feed,
    seen: () => seen,
    reads: () => reads,
    stepAll() {
      const at = Date.now();
      for (const [jobId, job] of jobs) {
        const entry = { version: 2, status: 'PROCESSING' as const, at, attempt: 1 };
        jobs.set(jobId, { ...job, ...entry, attempts: 1, updatedAt: at, history: [...job.history, entry] });
      }
    },
    async endRedis() {
      await redis.stop();
      while (feed.isConnected()) await sleep(5);
    },
    async [Symbol.asyncDispose]() {
      await watches.close();
      await feed.close();
      await redis.stop();
    },
  };
}

function countSeconds(watch: Watch): number {
  let seconds = 0;
  for (let event = watch.take(); event !== undefined; event = watch.take()) if (event.version === 2) seconds += 1;
  return seconds;
}
