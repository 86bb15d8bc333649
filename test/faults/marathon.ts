/**
 * Many jobs while everything breaks: two workers that are killed again and again at points that a seed chooses, a Redis that is
 * restarted, clients that repeat themselves, cancel and retry. The history checker judges the result.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, type TestContext } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { isFinal, jobPriorities, type Job } from '../../core/job.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { chanceOf, createChance, seedOf } from './chance.ts';
import type { History } from './history.ts';
import { emptyQueues } from './emptyQueues.ts';
import { openStage, owner, withStream, type Actor, type Stage } from './stage.ts';
import { publishes, setsStatus } from './tableWrites.ts';

export interface MarathonOptions {
  readonly jobs: number;
  readonly watchers: number;
  readonly killsPerWorker: number;
  readonly redisRestarts: number;
  /** How often every queue, the one of dead letters included, is emptied in the middle of it. */
  readonly purges: number;
  /** After the last kill and the last job, everything ends within this time: the sweeper's bound. */
  readonly boundMs: number;
}

export interface MarathonReport {
  readonly seed: number;
  readonly history: History;
  /** What the workers were doing when they were killed. */
  readonly kills: readonly string[];
  /** Messages that were there when the queues were emptied, each time. */
  readonly purged: readonly number[];
  /** From the last kill and the last job handed in until every job had ended, and every watcher's subscription. */
  readonly settledMs: number;
  readonly totalMs: number;
}

/** Jobs handed in at a time. */
const concurrency = 16;

export async function runMarathon(context: TestContext, options: MarathonOptions, seed = seedOf()): Promise<MarathonReport> {
  const startedAt = performance.now();
  const chance = createChance(context, seed);
  await using resources = new AsyncDisposableStack();
  const redis = resources.adopt(await startRedis(), (server) => server.stop());
  const env = { VISIBILITY_TIMEOUT_SECONDS: '4', SWEEP_AFTER_SECONDS: '8', STUCK_AFTER_SECONDS: '30' };
  const stage = resources.use(await openStage(context, { ...withStream(), redisPort: redis.port, env }));
  await stage.start('lambdas');
  await expect.poll(() => stage.core.feed.isConnected()).toBe(true);
  const watchingAll = await stage.watchOwner();

  const kills: string[] = [];
  const purged: number[] = [];
  // Each uses random numbers of its own, so that the order in which they run changes none of them.
  const [clients, ...lives] = [chance, chance, chance].map((draw) => chanceOf(Math.floor(draw() * 2 ** 31)));
  if (clients === undefined) throw new Error('no chance');
  const watched = handIn(stage, clients, options);
  async function killThenLive(): Promise<void> {
    await Promise.all(lives.map((draw) => liveAndDie(stage, draw, options, kills)));
    await Promise.all([stage.start('worker'), stage.start('worker')]);
  }
  const telling = setInterval(() => process.stdout.write(`marathon: ${progressOf(stage)}, ${kills.length} kills\n`), 15_000);
  resources.defer(() => clearInterval(telling));
  await Promise.all([watched, killThenLive(), restartRedis(stage, redis, options), purge(stage, options, purged)]);

  const completed = await watched;
  const since = performance.now();
  await within(options.boundMs, Promise.all([...completed, untilNoneIsOpen(stage).then(() => watchingAll.caughtUp())]));
  const now = performance.now();
  return { seed, kills, purged, history: await stage.history(), settledMs: now - since, totalMs: now - startedAt };
}

function progressOf({ writes }: Stage): string {
  const created = writes.filter(({ version }) => version === 1).length;
  const ended = writes.filter(({ status }) => isFinal(status)).length;
  return `${created} jobs handed in, ${ended} ended`;
}

/** Hands in the jobs and returns the watchers' ends. */
async function handIn(stage: Stage, chance: () => number, { jobs, watchers }: MarathonOptions): Promise<readonly Promise<unknown>[]> {
  const ends: Promise<unknown>[] = [];
  const plans = Array.from({ length: jobs }, (_, index) => ({
    idempotencyKey: `key-${index}`,
    isRepeated: chance() < 0.1,
    priority: jobPriorities[Math.floor(chance() * jobPriorities.length)] ?? 'NORMAL',
    params: { durationMs: Math.floor(chance() * 40), failAttempts: chance() < 0.05 ? 1 : 0, failPermanently: chance() < 0.02 },
    isWatched: index % Math.ceil(jobs / watchers) === 0,
    change: chance() < 0.02 ? cancelJob : chance() < 0.02 ? retryJob : undefined,
  }));
  const queue = plans.values();
  async function client(): Promise<void> {
    for (const { isWatched, isRepeated, change, ...request } of queue) {
      const { jobId } = await createSurely(stage, request);
      // A client that is not sure whether a request arrived sends it again.
      if (isRepeated) await createSurely(stage, request);
      if (isWatched) ends.push(stage.watch(jobId).done);
      if (change !== undefined) await change(stage.core, { owner, jobId }).catch(expected);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client));
  return ends;
}

/** As the errors' catalogue says: with the same key, nothing is done twice. */
async function createSurely(stage: Stage, request: Parameters<Stage['create']>[0]): Promise<Job> {
  for (;;) {
    try {
      return await stage.create(request);
    } catch (error) {
      if (!(error instanceof JobError) || error.code !== 'TABLE_UNAVAILABLE') throw error;
    }
  }
}

/** It had ended already, or had not yet. */
function expected(error: unknown): void {
  if (!(error instanceof JobError)) throw error;
}

type Reach = (worker: Actor) => Promise<{ release(): void }>;

/** Where a worker may be killed, and how many such moments a job brings: claims and ends one, batches less. */
const moments: readonly { readonly name: string; readonly perJob: number; reach: Reach }[] = [
  { name: 'before a claim', perJob: 1, reach: ({ table }) => table.hold('before', 'UpdateItem', setsStatus('PROCESSING')) },
  { name: 'after a claim', perJob: 1, reach: ({ table }) => table.hold('after', 'UpdateItem', setsStatus('PROCESSING')) },
  { name: 'before an end', perJob: 1, reach: ({ table }) => table.hold('before', 'UpdateItem', setsStatus('SUCCEEDED')) },
  { name: 'after an end', perJob: 1, reach: ({ table }) => table.hold('after', 'UpdateItem', setsStatus('SUCCEEDED')) },
  { name: 'at a publish of a claim', perJob: 1, reach: ({ redis }) => redis.hold(publishes('PROCESSING')) },
  { name: 'at a publish of an end', perJob: 1, reach: ({ redis }) => redis.hold(publishes('SUCCEEDED')) },
  { name: 'before deletes', perJob: 0.3, reach: ({ queues }) => queues.hold('before', 'DeleteMessageBatch') },
  { name: 'after deletes', perJob: 0.3, reach: ({ queues }) => queues.hold('after', 'DeleteMessageBatch') },
  { name: 'after a receive', perJob: 0.3, reach: ({ queues }) => queues.hold('after', 'ReceiveMessage') },
];
/** A worker that has little to do does not come to its moment. */
const longestLifeMs = 15_000;

async function liveAndDie(stage: Stage, chance: () => number, { jobs, killsPerWorker }: MarathonOptions, kills: string[]): Promise<void> {
  /** So that the kills are spread over the run. */
  const jobsALife = jobs / (2 * killsPerWorker);
  for (let life = 0; life < killsPerWorker; life += 1) {
    const moment = moments[Math.floor(chance() * moments.length)];
    if (moment === undefined) throw new Error('no moment');
    const worker = await stage.start('worker');
    const number = Math.ceil(chance() * moment.perJob * jobsALife * 0.8);
    const wasReached = await Promise.race([
      nth(number, worker, moment.reach).then(() => true),
      sleep(longestLifeMs, false, { ref: false }),
    ]);
    await worker.kill();
    kills.push(wasReached ? moment.name : 'after a while');
  }
}

/** Lets the first ones pass. */
async function nth(count: number, worker: Actor, reach: Reach): Promise<void> {
  for (let number = 1; ; number += 1) {
    const held = await reach(worker);
    if (number === count) return;
    held.release();
  }
}

/** Spread over the run: each after a further part of the jobs has ended. */
async function restartRedis({ writes }: Stage, redis: RedisServer, { jobs, redisRestarts }: MarathonOptions): Promise<void> {
  for (let number = 1; number <= redisRestarts; number += 1) {
    const part = (jobs * number) / (redisRestarts + 2);
    while (writes.length < 3 * part) await sleep(20);
    await redis.restart();
  }
}

/** Spread over the run like the restarts. */
async function purge(stage: Stage, { jobs, purges }: MarathonOptions, purged: number[]): Promise<void> {
  for (let number = 1; number <= purges; number += 1) {
    const part = (jobs * number) / (purges + 1);
    while (stage.writes.length < 2 * part) await sleep(20);
    purged.push(await emptyQueues(stage));
  }
}

async function untilNoneIsOpen({ core }: Stage): Promise<void> {
  for (;;) {
    const { jobs } = await core.table.listPlaced({ place: 'open', limit: 1 });
    if (jobs.length === 0) return;
    await sleep(250);
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const aborter = new AbortController();
  const late = sleep(ms, 'late', { signal: aborter.signal }).catch(() => 'done');
  // The checker reports what is unfinished at the time limit.
  await Promise.race([work, late]);
  aborter.abort();
}
