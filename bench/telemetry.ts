/** What telemetry costs per job: off and on, compared with a core that has none. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';
import { createClients } from '../infra/local/clients.ts';
import { provision } from '../infra/local/provision.ts';
import { startChild } from './support/child.ts';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median, medianRatio } from './support/statistics.ts';
import { urlOf } from './support/urlOf.ts';

const ways = ['none', 'off', 'on'] as const;
/** Processes of each kind: a single one may be a few percent faster or slower all its life. */
const processes = 5;
/** Of each process. */
const rounds = 12;
const load = { jobs: 200, atOnce: 32 };
const result = z.object({ perSecond: z.number(), cpuUs: z.number() });

type Result = z.infer<typeof result>;
type Way = (typeof ways)[number];

export async function telemetry(): Promise<Report> {
  await using stage = await openStage();
  await using collector = await openSink();
  const measured: Record<Way, Result[]> = { none: [], off: [], on: [] };
  for (let number = 0; number < processes; number += 1) await measure(stage, { number, collectorUrl: collector.url, measured });

  const of = (way: Way, kind: keyof Result): readonly number[] => measured[way].map((one) => one[kind]);
  const speed = (way: Way): number => medianRatio(of(way, 'perSecond'), of('none', 'perSecond'));
  return {
    title: 'What telemetry costs',
    method: `${load.jobs} jobs that do nothing, handed in ${load.atOnce} at once and worked off in the same process, three processes in turn: with no telemetry, with it off (no OTLP endpoint: measurements in memory, no spans), and on (every span and measurement sent to a collector that takes them). ${rounds} rounds of ${processes} processes each.`,
    columns: ['telemetry', 'jobs/s', 'µs CPU a job', 'jobs/s ÷ none', 'CPU ÷ none'],
    rows: ways.map((way) => [
      way,
      median(of(way, 'perSecond')),
      median(of(way, 'cpuUs')),
      speed(way),
      medianRatio(of(way, 'cpuUs'), of('none', 'cpuUs')),
    ]),
    promises: [
      { promise: 'off costs nothing measurable (jobs/s ÷ none ≥ 0.97)', measured: speed('off'), limit: { atLeast: 0.97 } },
      { promise: 'on costs less than 10 % of jobs/s', measured: speed('on'), limit: { atLeast: 0.9 } },
    ],
  };
}

interface Measuring {
  readonly number: number;
  readonly collectorUrl: string;
  /** Round by round, in the same order for each kind. */
  readonly measured: Record<Way, Result[]>;
}

async function measure(stage: Stage, { number, collectorUrl, measured }: Measuring): Promise<void> {
  await using opening = new AsyncDisposableStack();
  using clients = createClients(stage.config);
  const children = [];
  for (const way of ways) {
    const queuePrefix = `telemetry-${way}-${number}`;
    await provision(clients, { ...stage.config, queuePrefix });
    const otlp = way === 'on' ? { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl } : {};
    const child = opening.use(await startChild('observedWorker.ts', { ...stage.env, QUEUE_PREFIX: queuePrefix, ...otlp }));
    await child.ask(z.undefined(), 'start', { way });
    children.push({ way, child });
  }
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    // Each goes first in turn: the emulators are still busy with the one before.
    const first = (number + round) % children.length;
    for (const { way, child } of [...children.slice(first), ...children.slice(0, first)]) {
      const one = await child.ask(result, 'run', load);
      if (round > 0) measured[way].push(one);
    }
  }
}

/** A collector that accepts everything and keeps nothing. */
async function openSink(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
