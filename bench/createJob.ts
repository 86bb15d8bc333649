/** Jobs handed in per second and processor time for each, compared with a bare script that makes the same AWS calls one by one. */
import { z } from 'zod';
import { startChild } from './support/child.ts';
import type { Report } from './support/report.ts';
import { openStage } from './support/stage.ts';
import { median, medianRatio } from './support/statistics.ts';

const ways = ['ours', 'bare', 'http'] as const;
type Way = (typeof ways)[number];

const loads = [
  { atOnce: 1, jobs: 60, rounds: 30 },
  { atOnce: 64, jobs: 384, rounds: 12 },
] as const;

/** Jobs of each kind before the first round: the code of a running server has long been compiled. */
const warmup = 1500;

const measurement = z.object({ perSecond: z.number(), cpuMicros: z.number() });
type Rounds = Record<Way, z.infer<typeof measurement>[]>;

export async function createJob(): Promise<Report> {
  await using stage = await openStage();
  await using server = await startChild('ourServer.ts', stage.env);
  await using creator = await startChild('creator.ts', stage.env);
  const url = await server.ask(z.string(), 'url');
  const results: (readonly [number, Rounds])[] = [];
  /** µs of the server's processor time for a job over HTTP, round by round. */
  const serverCosts = new Map<number, readonly number[]>();
  for (const { atOnce, jobs, rounds } of loads) {
    const measured: Rounds = { ours: [], bare: [], http: [] };
    for (let round = 0; round <= rounds; round += 1) {
      // Each goes first in turn: the emulators get slower as they fill, and are still busy with the one before.
      const first = round % ways.length;
      for (const way of [...ways.slice(first), ...ways.slice(0, first)]) {
        const cpu = await server.ask(z.number(), 'cpu');
        const result = await creator.ask(measurement, 'create', { way, jobs: round === 0 ? warmup : jobs, atOnce, url });
        const used = (await server.ask(z.number(), 'cpu')) - cpu;
        if (round === 0) continue;
        measured[way].push(result);
        if (way === 'http') serverCosts.set(atOnce, [...(serverCosts.get(atOnce) ?? []), used / jobs]);
      }
    }
    results.push([atOnce, measured]);
  }
  const rates = (rounds: Rounds[Way]): readonly number[] => rounds.map(({ perSecond }) => perSecond);
  const costs = (rounds: Rounds[Way]): readonly number[] => rounds.map(({ cpuMicros }) => cpuMicros);
  return {
    title: 'Handing in jobs',
    method:
      'With an idempotency key each: lock, record, message. The use case and the bare script run in one process in turn, on the embedded AWS in another; over HTTP the same goes through a server process. The emulators take most of the time, so processor time tells more about the code.',
    columns: [
      'at once',
      'ours /s',
      'bare /s',
      'over HTTP /s',
      'ours ÷ bare',
      'µs CPU a job, ours',
      'bare',
      'CPU, ours ÷ bare',
      'µs CPU a job, server over HTTP',
    ],
    rows: results.map(([atOnce, { ours, bare, http }]) => [
      String(atOnce),
      median(rates(ours)),
      median(rates(bare)),
      median(rates(http)),
      medianRatio(rates(ours), rates(bare)),
      median(costs(ours)),
      median(costs(bare)),
      medianRatio(costs(ours), costs(bare)),
      median(serverCosts.get(atOnce) ?? []),
    ]),
    promises: results.map(([atOnce, { ours, bare }]) => ({
      promise:
        atOnce === 1
          ? 'createJob/s one at a time ≥ 0.9 × the bare script'
          : 'createJob/s under load > the bare script, since sends coalesce',
      measured: medianRatio(rates(ours), rates(bare)),
      limit: { atLeast: atOnce === 1 ? 0.9 : 1 },
    })),
    unitCosts: { serverCpuUs: median(serverCosts.get(64) ?? []) },
  };
}
