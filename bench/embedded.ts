/** `npm start` on its own engine, compared with BullMQ on a Redis that stores nothing and on one that writes before it answers. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import { simulateWork } from '../jobs/simulateWork/type.ts';
import { openSqliteTable, type SqliteTable } from '../core/table/sqlite/table.ts';
import { fillTable } from '../test/support/fillTable.ts';
import { inline, makeJob } from '../test/support/jobFactory.ts';
import { startAllInOne } from './support/allInOne.ts';
import { startChild, type Child } from './support/child.ts';
import { loadResult } from './support/load.ts';
import { bull, inTurns, openBenchFolder, ours } from './support/peers.ts';
import type { Promised, Report } from './support/report.ts';
import { median, medianRatio, quantile } from './support/statistics.ts';

const scale = Number(process.env['BENCH_SCALE'] ?? 1);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const loads = [
  { what: '1 at once', command: 'run', request: { atOnce: 1, jobs: 600 } },
  { what: '64 at once', command: 'run', request: { atOnce: 64, jobs: 1920 } },
  { what: 'createJobs of 100, 4 at once', command: 'runBatches', request: { atOnce: 4, jobs: 4000, batch: 100 } },
] as const;

const simulated = { type: simulateWork.name } as const;
const warmUpJobs = 30_000;

/** Jobs of the owner that callers without a token are. */
const mine = { owner: 'anonymous', params: inline({ durationMs: 0 }) } as const;

type Rows = (string | number)[][];

type Section = (folder: string, rows: Rows) => Promise<readonly Promised[]>;

export async function embedded(): Promise<Report> {
  return {
    title: 'One machine: the embedded engine, beside BullMQ',
    method:
      'Jobs that do nothing, 30 slots, from the call until the client has heard of the end. Ours: `npm start`, everything in one process, each write on the disk before it is answered; a bare client in another process, handing in over HTTP or over its WebSocket, hearing of the ends over that WebSocket. BullMQ: `queue.add` or `addBulk`, its worker and QueueEvents in two processes, Redis in a third, on the same disk. Each has done 30,000 jobs before; then rounds of all subjects alternate; medians.',
    columns: ['what', 'ours, HTTP', 'ours, WebSocket', 'BullMQ, Redis’ default', 'BullMQ, appendfsync always'],
    ...(await run([besideBullMQ, kills])),
    notes: [
      'Rows of one figure are of ours alone, but for the one that is reckoned and for the bare server’s.',
      'Our client only writes requests and finds the answers, so that it measures the server; BullMQ’s is its own library. Node’s HTTP client would take some 30 µs of a processor more for each job, on processors that all share here.',
      'Alone, a job of ours waits for two fsyncs in a row, its creation’s and its end’s; with Redis’ default nobody waits for any. Reckoned: what would be left of that default’s speed with two of this disk’s.',
    ],
  };
}

export async function embeddedGrowth(): Promise<Report> {
  return {
    title: 'One machine: many jobs in the table',
    method:
      '`npm start` on a table that SQLite filled with copies of one job: open ones that are due in an hour, and then ended ones. Ready: from the start of the process until /readyz says so. Memory: resident, ten seconds later. Jobs a second: jobs that do nothing, 30 slots, 64 at once over HTTP, a full table and an empty one in turn, each with a process of its own that runs all the while.',
    columns: ['what', 'measured'],
    ...(await run([restart, growth])),
  };
}

async function run(sections: readonly Section[]): Promise<Pick<Report, 'rows' | 'promises'>> {
  await using folder = await openBenchFolder();
  const rows: Rows = [];
  const promises: Promised[] = [];
  for (const section of sections) promises.push(...(await section(folder.path, rows)));
  return { rows, promises };
}

async function besideBullMQ(folder: string, rows: Rows): Promise<readonly Promised[]> {
  await using opening = new AsyncDisposableStack();
  // One each, as of BullMQ: on the same one, each client would hear of the other's jobs too.
  const system = opening.use(await startAllInOne(join(folder, 'http')));
  const other = opening.use(await startAllInOne(join(folder, 'socket')));
  const subjects = [
    await ours(opening, 'ours, HTTP', { ...simulated, url: system.url, overSocket: false }),
    await ours(opening, 'ours, WebSocket', { ...simulated, url: other.url, overSocket: true }),
    await bull(opening, 'BullMQ, Redis’ default', undefined),
    await bull(opening, 'BullMQ, appendfsync always', folder),
  ];
  // Compilers and caches of all subjects are warm before the first load, which is the lightest.
  for (const { client } of subjects) await client.ask(loadResult, 'run', { atOnce: 64, jobs: warmUpJobs });
  const promises: Promised[] = [];
  const fsyncs = fsyncMs(folder);
  const twoFsyncsMs = 2 * median(fsyncs);
  for (const share of [0.5, 0.99])
    rows.push([`4 KB written to that disk, with its fsync: ms, p${share * 100}`, quantile(fsyncs, share), '', '', '']);
  for (const { what, command, request } of loads) {
    const results = await inTurns(subjects, rounds, command, request);
    const perSecond = results.map((list) => list.map((result) => result.perSecond));
    rows.push([`${what}: jobs/s`, ...perSecond.map(median)]);
    for (const share of [0.5, 0.99]) {
      rows.push([
        `${what}: ended, ms, p${share * 100}`,
        ...results.map((list) =>
          quantile(
            list.flatMap(({ endedMs }) => endedMs),
            share,
          ),
        ),
      ]);
    }
    const [http = [], socket = [], byDefault = [], always = []] = perSecond;
    if (request.atOnce === 1) {
      const alone = median(byDefault);
      rows.push([
        `${what}: jobs/s, BullMQ’s default with two fsyncs added to each job`,
        '',
        '',
        alone / (1 + (alone * twoFsyncsMs) / 1000),
        '',
      ]);
    }
    const limit = { atLeast: what.startsWith('createJobs') ? 0.9 : 1 };
    promises.push({ promise: `${what}, HTTP, to BullMQ with appendfsync always`, measured: medianRatio(http, always), limit });
    promises.push({
      promise: `${what}, WebSocket, to the same`,
      measured: medianRatio(socket, always),
      limit: what.startsWith('64') ? { atLeast: 1.2 } : limit,
    });
    promises.push({
      promise: `${what}, HTTP, to BullMQ on Redis’ default`,
      measured: medianRatio(http, byDefault),
      limit: { atLeast: 0.6 },
    });
  }
  const [http] = subjects;
  if (http === undefined) throw new Error('there is no client');
  promises.push(...(await besideBareHealth(`${system.url}/healthz`, http.client, rows)));
  return promises;
}

/** The limit for any program that stores a job before it answers. */
function fsyncMs(folder: string): readonly number[] {
  const file = openSync(join(folder, 'fsync'), 'a');
  const block = Buffer.alloc(4096);
  const took = Array.from({ length: 300 }, () => {
    const startedAt = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  return took;
}

/** What a load on the same processors does to a server of another process, too, is not ours. */
async function besideBareHealth(url: string, { ask }: Pick<Child, 'ask'>, rows: Rows): Promise<readonly Promised[]> {
  await using bare = await startChild('bareHttp.ts');
  const urls = [url, await bare.ask(z.string(), 'url')];
  const idle: (readonly number[])[] = [];
  const loaded: (readonly number[])[] = [];
  for (let round = 0; round < 3; round += 1) {
    idle.push(await answerMs(urls, sleep(4000)));
    // Long enough that its first moment, when all 64 ask at once, is not most of it.
    loaded.push(await answerMs(urls, ask(loadResult, 'run', { atOnce: 64, jobs: 24_000 })));
  }
  const p99 = (all: readonly (readonly number[])[], of: number): number => median(all.map((took) => took[of] ?? NaN));
  rows.push(
    ['/healthz idle: ms, p99', p99(idle, 0), '', '', ''],
    ['/healthz with 64 at once: ms, p99', p99(loaded, 0), '', '', ''],
    ['a bare server in another process, idle: ms, p99', p99(idle, 1), '', '', ''],
    ['a bare server in another process, beside the 64 at once: ms, p99', p99(loaded, 1), '', '', ''],
  );
  const over = loaded.map(([ours = NaN, floor = NaN]) => ours - floor);
  return [
    { promise: 'p99 of /healthz under load, more than idle, ms', measured: p99(loaded, 0) - p99(idle, 0), limit: { atMost: 5 } },
    { promise: 'the same, more than a bare server in another process under that load, ms', measured: median(over), limit: { atMost: 5 } },
  ];
}

/** How long each takes to answer, p99, asked in turn until something else has ended. */
async function answerMs(urls: readonly string[], until: Promise<unknown>): Promise<readonly number[]> {
  let isOver = false;
  void until.finally(() => (isOver = true));
  const took = urls.map((): number[] => []);
  while (!isOver) {
    for (const [index, url] of urls.entries()) {
      const askedAt = performance.now();
      await (await fetch(url)).arrayBuffer();
      took[index]?.push(performance.now() - askedAt);
      await sleep(5);
    }
  }
  await until;
  return took.map((all) => quantile(all, 0.99));
}

async function restart(folder: string, rows: Rows): Promise<readonly Promised[]> {
  const dataDir = join(folder, 'restart');
  const jobs = Math.round(100_000 * scale);
  await mkdir(dataDir);
  fillTable({ file: join(dataDir, 'jobs.sqlite'), jobs, like: makeJob({ ...mine, dueAt: Date.now() + 3_600_000 }) });
  await using system = await startAllInOne(dataDir);
  // By then it has read all of them.
  await sleep(10_000);
  const memory = (await system.memory()) / 2 ** 20;
  rows.push([`ready with ${jobs.toLocaleString('en-US')} open jobs: s`, system.readyMs / 1000], ['its memory: MB', memory]);
  return [
    { promise: `ready with ${jobs.toLocaleString('en-US')} open jobs, s`, measured: system.readyMs / 1000, limit: { atMost: 3 } },
    { promise: 'its memory, MB', measured: memory, limit: { atMost: 300 } },
  ];
}

const openTable = (dataDir: string): Promise<SqliteTable> =>
  openSqliteTable({ file: join(dataDir, 'jobs.sqlite'), jobTtlDays: 30, clock: systemClock });

async function growth(folder: string, rows: Rows): Promise<readonly Promised[]> {
  const jobs = Math.round(1_000_000 * scale);
  const [full, empty] = [join(folder, 'full'), join(folder, 'empty')];
  const now = Date.now();
  const ended = { ...mine, status: 'SUCCEEDED', version: 3, finishedAt: now, expiresAt: Math.ceil(now / 1000) + 30 * 86_400 } as const;
  await mkdir(full);
  fillTable({ file: join(full, 'jobs.sqlite'), jobs, like: makeJob(ended) });
  await using opening = new AsyncDisposableStack();
  const [ofFull, ofEmpty] = [opening.use(await startAllInOne(full)), opening.use(await startAllInOne(empty))];
  const subjects = [
    await ours(opening, 'full', { ...simulated, url: ofFull.url, overSocket: false }),
    await ours(opening, 'empty', { ...simulated, url: ofEmpty.url, overSocket: false }),
  ];
  const [onFull = [], onEmpty = []] = (await inTurns(subjects, rounds, 'run', { ...loads[1].request })).map((list) =>
    list.map(({ perSecond }) => perSecond),
  );
  const lists = ['', '(filter: { status: [FAILED_FINAL] })', `(filter: { status: [SUCCEEDED], type: ["${simulateWork.name}"] })`];
  const pageMs: number[] = [];
  for (const filter of lists) {
    const took: number[] = [];
    for (let time = 0; time < 20; time += 1) took.push(await listMs(ofFull.url, filter));
    pageMs.push(median(took));
  }
  const what = `with ${jobs.toLocaleString('en-US')} finished jobs`;
  const memory = (await ofFull.memory()) / 2 ** 20;
  rows.push(
    [`64 at once, ${what}: jobs/s`, median(onFull)],
    ['64 at once, beside it with none: jobs/s', median(onEmpty)],
    [`first page of a listing, ${what}: ms (all, FAILED_FINAL, SUCCEEDED of a type)`, pageMs.map((ms) => ms.toFixed(1)).join(', ')],
    [`memory ${what}: MB`, memory],
  );
  return [
    { promise: `jobs/s ${what}, to none`, measured: medianRatio(onFull, onEmpty), limit: { atLeast: 0.8 } },
    { promise: `first page of a listing ${what}, the slowest of three, ms`, measured: Math.max(...pageMs), limit: { atMost: 20 } },
  ];
}

async function listMs(url: string, filter: string): Promise<number> {
  const askedAt = performance.now();
  const body = JSON.stringify({ query: `{ jobs${filter} { edges { node { jobId status } } } }` });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  z.object({ data: z.object({ jobs: z.object({ edges: z.array(z.unknown()) }) }) }).parse(await response.json());
  return performance.now() - askedAt;
}

/** Killed while jobs are handed in, again and again: every job that was answered is there in the end. */
async function kills(folder: string, rows: Rows): Promise<readonly Promised[]> {
  const dataDir = join(folder, 'kills');
  const times = Math.round(100 * scale);
  const answered: string[] = [];
  for (let time = 0; time < times; time += 1) {
    const system = await startAllInOne(dataDir);
    let isKilled = false;
    const handing = Array.from({ length: 8 }, async () => {
      while (!isKilled) answered.push(...(await createOne(system.url)));
    });
    await sleep(50 + Math.random() * 250);
    const killed = system.kill();
    isKilled = true;
    await Promise.all([killed, ...handing]);
  }
  const table = await openTable(dataDir);
  let lost = 0;
  for (let start = 0; start < answered.length; start += 100) {
    const jobs = await table.getMany(answered.slice(start, start + 100));
    lost += jobs.filter((job) => job === undefined).length;
  }
  await table.close();
  rows.push([`${times} kills: answered creates`, answered.length, '', '', ''], ['of them lost', lost, '', '', '']);
  return [{ promise: `answered creates lost in ${times} kills`, measured: lost, limit: { atMost: 0 } }];
}

async function createOne(url: string): Promise<readonly string[]> {
  const query = `mutation { createJob(input: { type: "${simulateWork.name}", params: { durationMs: 20 } }) { job { jobId } } }`;
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { data } = z
      .object({ data: z.object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) }) })
      .parse(await response.json());
    return [data.createJob.job.jobId];
  } catch {
    // It was killed before it answered: nothing is promised.
    return [];
  }
}
