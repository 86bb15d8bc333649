/** The server's memory for an idle watcher, compared with a bare ws connection and with the usual way. */
import { memorySchema } from './support/child.ts';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median } from './support/statistics.ts';
import { makeJobs, openSubject, type SubjectName } from './support/subjects.ts';

const watchers = 10_000;
/** Watchers before the first reading: so many that neither shared memory nor the one-time cost of a rush of clients is counted. */
const warmup = 5000;
const rounds = 3;
/** Resident memory also depends on when the allocator returns pages. */
const limits = { rss: { atMost: 2 }, heap: { atMost: 1.3 } };

interface Cost {
  /** Of the whole process, before anybody watches. */
  readonly empty: number;
  readonly rss: number;
  readonly heap: number;
}

interface Case {
  readonly what: string;
  readonly subject: SubjectName;
  /** `connection`: a bare socket that sends nothing. */
  readonly watches: 'oneJob' | 'jobOfItsOwn' | 'connection';
  /** Subscriptions of each socket. */
  readonly perSocket?: number;
}

const cases = [
  { what: 'floor: a bare ws connection', subject: 'floor', watches: 'connection' },
  { what: 'ours, all watch one job', subject: 'ours', watches: 'oneJob' },
  { what: 'ours, each a job of its own', subject: 'ours', watches: 'jobOfItsOwn' },
  { what: 'ours, each a job of its own, 100 on a socket', subject: 'ours', watches: 'jobOfItsOwn', perSocket: 100 },
  { what: 'usual way, all watch one job', subject: 'usual', watches: 'oneJob' },
  { what: 'usual way, each a job of its own', subject: 'usual', watches: 'jobOfItsOwn' },
] as const satisfies readonly Case[];

export async function memory(): Promise<Report> {
  await using stage = await openStage();
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) costs.set(one.what, [...(costs.get(one.what) ?? []), await measure(stage, one)]);
  }
  const kilobytes = (what: string, kind: keyof Cost): number => median((costs.get(what) ?? []).map((cost) => cost[kind] / 1024));
  const ratio = (what: string, kind: keyof Cost): number => kilobytes(what, kind) / kilobytes(cases[0].what, kind);
  return {
    title: 'Memory of an idle watcher',
    method: `What ${watchers} watchers add to a server process that has ${warmup} already, after a collection, divided by their number; one socket a watcher where nothing else is said, a new process each time, median of ${rounds}. KB: the resident set, and the heap with what it holds outside.`,
    columns: ['watcher', 'resident KB', 'heap KB', 'resident ÷ floor', 'heap ÷ floor'],
    rows: cases.map(({ what }) => [what, kilobytes(what, 'rss'), kilobytes(what, 'heap'), ratio(what, 'rss'), ratio(what, 'heap')]),
    promises: cases
      .filter(({ subject }) => subject === 'ours')
      .flatMap(({ what }) => [
        { promise: `heap of an idle watcher ≤ 1.3 × a bare ws connection (${what})`, measured: ratio(what, 'heap'), limit: limits.heap },
        {
          promise: `resident memory of an idle watcher ≤ 2 × a bare ws connection (${what})`,
          measured: ratio(what, 'rss'),
          limit: limits.rss,
        },
      ]),
    unitCosts: { watcherKB: kilobytes(cases[2].what, 'rss'), serverMB: kilobytes(cases[2].what, 'empty') / 1024 },
  };
}

async function measure(stage: Stage, { subject: name, watches, perSocket = 1 }: Case): Promise<Cost> {
  await using subject = await openSubject(name, { ...stage, env: { ...stage.env, NO_HINTS: 'true' } });
  const jobs = await makeJobs(stage, subject, watches === 'jobOfItsOwn' ? watchers + warmup : 1);
  const jobIds = jobs.map(({ jobId }) => jobId);
  const connect = async (from: number, count: number): Promise<void> => {
    if (watches === 'connection') await subject.connect([], count);
    else await subject.connect(jobIds.length === 1 ? jobIds : jobIds.slice(from, from + count), count, perSocket);
  };
  const empty = await settled();
  await connect(0, warmup);
  const before = await settled();
  await connect(warmup, watchers);
  const after = await settled();
  return { empty: empty.rss, rss: (after.rss - before.rss) / watchers, heap: (after.heap - before.heap) / watchers };

  async function settled() {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return subject.server.ask(memorySchema, 'memory');
  }
}
