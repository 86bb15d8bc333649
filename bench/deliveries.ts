/** How many messages a second reach watchers over WebSocket, against bare ws + ioredis and against yoga's pub/sub with `useServer`. */
import { z } from 'zod';
import type { Job } from '../core/job.ts';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { machineMs, median, medianRatio } from './support/statistics.ts';
import { makeJobs, openPublisher, openSubject, stepOf, type Publisher, type Subject, type SubjectName } from './support/subjects.ts';

interface Case {
  readonly what: string;
  readonly watchers: number;
  /** One job for all, or one for each. */
  readonly jobs: number;
  readonly eventsPerRound: number;
  readonly rounds: number;
  /** A multiple of the floor. */
  readonly atLeast: number;
}

const cases = [
  { what: '1,000 watchers of one job, in bursts', watchers: 1000, jobs: 1, eventsPerRound: 40, rounds: 15, atLeast: 2 },
  { what: '10,000 watchers of one job, in bursts', watchers: 10_000, jobs: 1, eventsPerRound: 4, rounds: 9, atLeast: 2 },
  { what: '10,000 watchers of one job, one event at a time', watchers: 10_000, jobs: 1, eventsPerRound: 1, rounds: 25, atLeast: 0.95 },
  { what: '10,000 watchers of 10,000 jobs', watchers: 10_000, jobs: 10_000, eventsPerRound: 2, rounds: 15, atLeast: 0.85 },
] as const satisfies readonly Case[];

const names = ['ours', 'floor', 'usual'] as const satisfies readonly SubjectName[];

interface Round {
  readonly perSecond: number;
  /** The server's processor time. */
  readonly cpuMicros: number;
  readonly bytes: number;
}
type Rounds = Readonly<Record<SubjectName, readonly Round[]>>;

export async function deliveries(): Promise<Report> {
  await using stage = await openStage();
  const results: (readonly [Case, Rounds])[] = [];
  for (const one of cases) results.push([one, await measure(stage, one)]);

  const rates = (rounds: readonly Round[]): readonly number[] => rounds.map(({ perSecond }) => perSecond);
  const costs = (rounds: readonly Round[]): readonly number[] => rounds.map(({ cpuMicros }) => cpuMicros);
  const ratio = ({ ours, floor }: Rounds): number => medianRatio(rates(ours), rates(floor));
  const of = (what: string, kind: keyof Round): number =>
    median(results.find(([one]) => one.what === what)?.[1].ours.map((round) => round[kind]) ?? []);
  return {
    title: 'Deliveries to watchers',
    method:
      'Events are published through Redis (sharded pub/sub) as fast as it takes them; a delivery is one message that one client has read. One socket a watcher; each client gets the same bytes from each server. The floor forwards a published text as it is.',
    columns: [
      'watchers',
      'ours /s',
      'floor /s',
      'usual way /s',
      'ours ÷ floor',
      'usual ÷ floor',
      'server CPU, ours ÷ floor',
      'µs CPU a delivery, ours',
    ],
    rows: results.map(([{ what }, rounds]) => [
      what,
      ...names.map((name) => median(rates(rounds[name]))),
      ratio(rounds),
      medianRatio(rates(rounds.usual), rates(rounds.floor)),
      medianRatio(costs(rounds.ours), costs(rounds.floor)),
      median(costs(rounds.ours)),
    ]),
    promises: results.map(([{ what, atLeast }, rounds]) => ({
      promise: `deliveries/s to ${what} ≥ ${atLeast} × the floor`,
      measured: ratio(rounds),
      limit: { atLeast },
    })),
    unitCosts: {
      deliveryCpuUs: of(cases[3].what, 'cpuMicros'),
      sharedDeliveryCpuUs: of(cases[1].what, 'cpuMicros'),
      deliveryBytes: of(cases[3].what, 'bytes') / (cases[3].watchers * cases[3].eventsPerRound),
    },
  };
}

async function measure(stage: Stage, { watchers, jobs: jobCount, eventsPerRound, rounds }: Case): Promise<Rounds> {
  await using opening = new AsyncDisposableStack();
  const publisher = opening.adopt(openPublisher(stage), ({ close }) => close());
  const results: Record<SubjectName, Round[]> = { ours: [], floor: [], usual: [] };
  const prepared: (readonly [Subject, readonly Job[]])[] = [];
  for (const name of names) {
    const subject = opening.use(await openSubject(name, stage));
    const jobs = await makeJobs(stage, subject, jobCount);
    await subject.connect(
      jobs.map(({ jobId }) => jobId),
      watchers,
    );
    prepared.push([subject, jobs]);
  }
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    // The one after the usual way finds the server still cleaning up after it, so the order rotates.
    const first = round % prepared.length;
    for (const [subject, jobs] of [...prepared.slice(first), ...prepared.slice(0, first)]) {
      const measured = await deliver(publisher, subject, jobs, { watchers, eventsPerRound, fromVersion: 2 + round * eventsPerRound });
      if (round > 0) results[subject.name].push(measured);
    }
    const sizes = new Set(names.map((name) => results[name].at(-1)?.bytes));
    if (sizes.size > 1) throw new Error(`the servers do not send the same bytes: ${[...sizes].join(', ')}`);
  }
  return results;
}

const reachedSchema = z.object({ at: z.number(), frames: z.number(), bytes: z.number() });

async function deliver(
  publisher: Publisher,
  { server, clients, textOf }: Subject,
  jobs: readonly Job[],
  { watchers, eventsPerRound, fromVersion }: { readonly watchers: number; readonly eventsPerRound: number; readonly fromVersion: number },
): Promise<Round> {
  const texts = Array.from({ length: eventsPerRound }, (_, index) => index + fromVersion).flatMap((version) =>
    jobs.map((job) => [job.jobId, textOf(stepOf(job, version))] as const),
  );
  const total = eventsPerRound * watchers;
  await clients.ask(z.undefined(), 'start');
  const reached = clients.ask(reachedSchema, 'reached', { total });
  const cpu = await server.ask(z.number(), 'cpu');
  const startedAt = machineMs();
  for (const [jobId, text] of texts) publisher.publish(jobId, text);
  const { at, bytes } = await reached;
  const used = (await server.ask(z.number(), 'cpu')) - cpu;
  return { perSecond: (total / (at - startedAt)) * 1000, cpuMicros: used / total, bytes };
}
