/**
 * Everything at once: servers, workers and Lambdas as processes, clients over the public API, and a plan of faults. The history
 * checker judges the result.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, type TestContext } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { sendMessage } from '../../core/usecases/sendMessage.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { workflowKind } from '../../core/usecases/workflows.ts';
import type { Workflow } from '../../core/workflow/workflow.ts';
import { urlOf } from '../support/processes.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { createOver, watchOver, type CreateAnswer } from './apiClient.ts';
import { chanceOf } from './chance.ts';
import { chaosPlan, type ChaosFault } from './chaosPlan.ts';
import { openFolder } from './disk.ts';
import { emptyQueues } from './emptyQueues.ts';
import type { History } from './history.ts';
import { openStage, owner, withStream, type Actor, type Stage } from './stage.ts';
import { openWorkflowClient, type WorkflowClient } from './workflowClient.ts';
import { wrongWorkflows } from './wrongWorkflows.ts';

export interface ChaosReport {
  readonly history: History;
  readonly workflows: number;
  /** Of workflows: what is wrong with their ends, with what their runs did, and with what their watchers got. */
  readonly wrong: readonly string[];
  readonly faults: readonly string[];
  /** From the end of the last fault and the last job handed in. */
  readonly settledMs: number;
}

export interface ChaosOptions {
  readonly seed: number;
  readonly totalMs: number;
  /** After the last fault everything ends within this time. */
  readonly boundMs: number;
}

/** The number of jobs handed in each second; the number of workflows each second, and the most jobs in one. */
const rate = 5;
const [workflowRate, mostJobs] = [0.5, 12];
const workersAndServers = 2;

export async function runChaos(context: TestContext, { seed, totalMs, boundMs }: ChaosOptions): Promise<ChaosReport> {
  await using resources = new AsyncDisposableStack();
  const redis = resources.adopt(await startRedis(), (server) => server.stop());
  const folder = resources.use(await openFolder());
  const effects = join(folder.path, 'effects');
  const env = {
    JOBS: join(import.meta.dirname, 'programJobs.ts'),
    EFFECTS_FILE: effects,
    VISIBILITY_TIMEOUT_SECONDS: '4',
    SWEEP_AFTER_SECONDS: '8',
    STUCK_AFTER_SECONDS: '30',
  };
  const stage = resources.use(await openStage(context, { ...withStream(), redisPort: redis.port, env }));
  const cast = await openCast(stage);
  await expect.poll(() => stage.core.feed.isConnected()).toBe(true);
  const watchingAll = await stage.watchOwner();

  const faults: string[] = [];
  const began = performance.now();
  const clients = handIn(stage, cast, chanceOf(seed + 1), totalMs);
  const anyUrl = (): string => cast.urls[Math.floor(Math.random() * cast.urls.length)] ?? '';
  const owning = openWorkflowClient({ url: anyUrl, chance: chanceOf(seed + 2), maxJobs: mostJobs });
  const owned = own(stage, owning, { anyUrl, totalMs });
  const running: Promise<void>[] = [];
  for (const { atMs, fault } of chaosPlan(seed, totalMs)) {
    await sleep(Math.max(0, began + atMs - performance.now()));
    const told = `${Math.round((performance.now() - began) / 1000)} s: ${JSON.stringify(fault)}`;
    faults.push(told);
    process.stdout.write(`chaos: ${told}\n`);
    running.push(inflict(fault, { stage, cast, redis }));
  }
  const watchers = [...(await clients)];
  await Promise.all(running);
  watchers.push(...(await owned));

  const since = performance.now();
  process.stdout.write(`chaos: all is handed in, ${Math.round((since - began) / 1000)} s: until it rests\n`);
  const resting = owning.untilAtRest(boundMs).then(() => untilNoneIsOpen(stage));
  const settled = Promise.all([...watchers, resting.then(() => watchingAll.caughtUp())]).catch(() => undefined);
  const late = new AbortController();
  await Promise.race([settled, sleep(boundMs, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
  const settledMs = performance.now() - since;
  const wrong = async (): Promise<readonly string[]> => {
    const { table: jobs } = await stage.history();
    return wrongWorkflows(owning, { jobs, workflows: await workflowsOf(stage, owning) }, await readFile(effects, 'utf8'));
  };
  // The last events may still be on their way to the watchers.
  await expect
    .poll(wrong, { timeout: 20_000 })
    .toEqual([])
    .catch(() => undefined);
  await owning.leave();
  return { history: await stage.history(), workflows: owning.workflows.length, wrong: await wrong(), faults, settledMs };
}

/** Hands in workflows, watches one job of each, and does what their owner may do. Returns the ends of the watchers. */
async function own(
  stage: Stage,
  client: WorkflowClient,
  { anyUrl, totalMs }: { readonly anyUrl: () => string; readonly totalMs: number },
): Promise<readonly Promise<void>[]> {
  const began = performance.now();
  const handing: Promise<void>[] = [];
  const ends: Promise<void>[] = [];
  async function handInWatched(key: string): Promise<void> {
    const { jobIds } = (await client.handIn(key)).plan;
    const watching = watchOver(anyUrl, jobIds.at(-1) ?? '');
    stage.addWatcher(watching);
    ends.push(watching.done);
  }
  for (let ms = 0; ms < totalMs; ms = performance.now() - began) {
    if (handing.length < (ms / 1000) * workflowRate) handing.push(handInWatched(`workflow-${handing.length}`));
    await client.step();
    await sleep(500);
  }
  await Promise.all(handing);
  return ends;
}

async function workflowsOf({ core }: Stage, { workflows }: WorkflowClient): Promise<ReadonlyMap<string, Workflow>> {
  const entries = await Promise.all(workflows.map(({ workflowId }) => core.table.entries.get(workflowKind, workflowId)));
  return new Map(entries.flatMap((entry) => (entry === undefined ? [] : [[entry.key, entry.value]])));
}

interface Cast {
  readonly workers: Actor[];
  readonly servers: Actor[];
  readonly urls: string[];
  readonly lambdas: Actor;
  startWorker(which: number, skewMs?: number): Promise<void>;
  startServer(which: number): Promise<void>;
}

async function openCast(stage: Stage): Promise<Cast> {
  const cast: Cast = {
    workers: [],
    servers: [],
    urls: [],
    lambdas: await stage.start('lambdas'),
    async startWorker(which, skewMs = 0) {
      cast.workers[which] = await stage.start('worker', skewMs === 0 ? {} : { NODE_OPTIONS: `--import=${clockOffBy(skewMs)}` });
    },
    async startServer(which) {
      const server = await stage.start('server');
      cast.servers[which] = server;
      cast.urls[which] = await urlOf(server, 'server');
    },
  };
  const places = Array.from({ length: workersAndServers }, (_, which) => which);
  await Promise.all(places.flatMap((which) => [cast.startWorker(which), cast.startServer(which)]));
  return cast;
}

/** A module that sets the process' wall clock wrong, before anything else is loaded. */
function clockOffBy(ms: number): string {
  const code = `const D=Date,n=D.now;globalThis.Date=class extends D{constructor(...a){a.length?super(...a):super(n()+${ms})}static now(){return n()+${ms}}}`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

interface Scene {
  readonly stage: Stage;
  readonly cast: Cast;
  readonly redis: RedisServer;
}

async function inflict(fault: ChaosFault, { stage, cast, redis }: Scene): Promise<void> {
  switch (fault.kind) {
    case 'killWorker':
      await cast.workers[fault.which]?.kill();
      return cast.startWorker(fault.which);
    case 'killServer':
      await cast.servers[fault.which]?.kill();
      return cast.startServer(fault.which);
    case 'replaceWorker': {
      const old = cast.workers[fault.which];
      await cast.startWorker(fault.which, fault.skewMs);
      return stopped(old);
    }
    case 'replaceServer': {
      const old = cast.servers[fault.which];
      await cast.startServer(fault.which);
      return stopped(old);
    }
    case 'pauseWorker': {
      const worker = cast.workers[fault.which];
      worker?.signal('SIGSTOP');
      await sleep(fault.ms);
      worker?.signal('SIGCONT');
      return undefined;
    }
    case 'tableAway':
    case 'redisAway': {
      const actors = [...cast.workers, ...cast.servers, cast.lambdas];
      const links = actors.map(({ tableLink, redis: link }) => (fault.kind === 'tableAway' ? tableLink : link));
      await Promise.all(links.map((link) => link.weather({ kind: fault.isSilent ? 'blackHole' : 'down' })));
      await sleep(fault.ms);
      await Promise.all(links.map((link) => link.weather({ kind: 'fair' })));
      return undefined;
    }
    case 'restartRedis':
      return redis.restart();
    case 'purgeQueues':
      await emptyQueues(stage);
      return undefined;
    case 'duplicate': {
      const { jobs } = await stage.core.table.listPlaced({ place: 'open', limit: fault.jobs });
      for (const job of await stage.core.table.getMany(jobs.map(({ jobId }) => jobId)))
        if (job !== undefined) await sendMessage(stage.core, job, 0);
      return undefined;
    }
    default:
      return fault satisfies never;
  }
}

/** In the middle of an outage it may take its whole grace time. */
async function stopped(actor: Actor | undefined): Promise<void> {
  actor?.signal('SIGTERM');
  await actor?.exited(60_000).catch(() => actor.kill());
}

/** As clients of the public API: with a key, again until it is answered. Answers the ends of their watchers. */
async function handIn(stage: Stage, cast: Cast, chance: () => number, totalMs: number): Promise<readonly Promise<void>[]> {
  const began = performance.now();
  const asking: Promise<void>[] = [];
  const ends: Promise<void>[] = [];
  const anyUrl = (): string => cast.urls[Math.floor(Math.random() * cast.urls.length)] ?? '';

  async function client(number: number, draws: readonly number[]): Promise<void> {
    const [length = 0, failing = 0, permanent = 0, watched = 0, changed = 0] = draws;
    const params = {
      durationMs: Math.floor(length ** 3 * 6000),
      steps: 4,
      failAttempts: failing < 0.2 ? Math.ceil(failing * 20) : 0,
      failPermanently: permanent < 0.02,
    };
    const answer = await surely(() => createOver(anyUrl(), { idempotencyKey: `key-${number}`, params }));
    stage.accept(answer);
    const { jobId } = answer;
    if (watched < 0.5) {
      const watching = watchOver(anyUrl, jobId);
      stage.addWatcher(watching);
      ends.push(watching.done);
    }
    const change = changed < 0.03 ? cancelJob : changed < 0.06 ? retryJob : undefined;
    await change?.(stage.core, { owner, jobId }).catch(expected);
  }

  for (let number = 0; (number * 1000) / rate < totalMs; number += 1) {
    await sleep(Math.max(0, began + (number * 1000) / rate - performance.now()));
    asking.push(client(number, Array.from({ length: 5 }, chance)));
  }
  await Promise.all(asking);
  return ends;
}

async function surely(ask: () => Promise<CreateAnswer>): Promise<CreateAnswer> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await sleep(100 + Math.random() * 200);
    }
  }
}

function expected(error: unknown): void {
  if (!(error instanceof JobError)) throw error;
}

async function untilNoneIsOpen({ core }: Stage): Promise<void> {
  for (;;) {
    const { jobs } = await core.table.listPlaced({ place: 'open', limit: 1 });
    if (jobs.length === 0) return;
    await sleep(250);
  }
}
