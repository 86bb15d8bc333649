/** What telemetry costs a job: off and on, beside a core that has none. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';
import { createClients } from '../infra/local/clients.ts';
import { provision } from '../infra/local/provision.ts';
import { startChild } from './support/child.ts';
import type { Report } from './support/report.ts';
import { openStage } from './support/stage.ts';
import { median, medianRatio } from './support/statistics.ts';

const ways = ['none', 'off', 'on'] as const;
const rounds = 24;
const load = { jobs: 200, atOnce: 32 };
const result = z.object({ perSecond: z.number(), cpuUs: z.number() });

export async function telemetry(): Promise<Report> {
  await using stage = await openStage();
  await using collector = await openSink();
  await using opening = new AsyncDisposableStack();
  using clients = createClients(stage.config);
  const series = (): { readonly perSecond: number[]; readonly cpuUs: number[] } => ({ perSecond: [], cpuUs: [] });
  const measured = { none: series(), off: series(), on: series() };
  const children = [];
  for (const way of ways) {
    const queuePrefix = `telemetry-${way}`;
    await provision(clients, { ...stage.config, queuePrefix });
    const otlp = way === 'on' ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } : {};
    const child = opening.use(await startChild('observedWorker.ts', { ...stage.env, QUEUE_PREFIX: queuePrefix, ...otlp }));
    await child.ask(z.undefined(), 'start', { way });
    children.push({ way, child });
  }
  for (let round = 0; round <= rounds; round += 1) {
    // Each goes first in turn: whoever follows another finds the emulators still busy with it.
    const first = round % children.length;
    for (const { way, child } of [...children.slice(first), ...children.slice(0, first)]) {
      const { perSecond, cpuUs } = await child.ask(result, 'run', load);
      if (round === 0) continue;
      measured[way].perSecond.push(perSecond);
      measured[way].cpuUs.push(cpuUs);
    }
  }
  const { none, off, on } = measured;
  return {
    title: 'What telemetry costs',
    method: `${load.jobs} jobs that do nothing, handed in ${load.atOnce} at once and worked off in the same process, three processes in turn: with no telemetry, with it off (no OTLP endpoint: measurements in memory, no spans), and on (every span and measurement sent to a collector that takes them).`,
    columns: ['telemetry', 'jobs/s', 'µs CPU a job', 'jobs/s ÷ none', 'CPU ÷ none'],
    rows: ways.map((way) => [
      way,
      median(measured[way].perSecond),
      median(measured[way].cpuUs),
      medianRatio(measured[way].perSecond, none.perSecond),
      medianRatio(measured[way].cpuUs, none.cpuUs),
    ]),
    promises: [
      {
        promise: 'off costs nothing measurable (jobs/s ÷ none ≥ 0.97)',
        measured: medianRatio(off.perSecond, none.perSecond),
        limit: { atLeast: 0.97 },
      },
      { promise: 'on costs less than 10 % of jobs/s', measured: medianRatio(on.perSecond, none.perSecond), limit: { atLeast: 0.9 } },
    ],
  };
}

/** A collector that takes everything and keeps nothing. */
async function openSink(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sink has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
