/**
 * Jobs per second from the call to the final event, and how soon a client learns of each step, compared with BullMQ with
 * QueueEvents on the same Redis.
 */
import { z } from 'zod';
import { startChild } from './support/child.ts';
import { loadResult, type LoadResult } from './support/load.ts';
import type { Report } from './support/report.ts';
import { openStage } from './support/stage.ts';
import { median, quantile } from './support/statistics.ts';

const loads = [
  { atOnce: 1, jobs: 40, rounds: 6 },
  { atOnce: 64, jobs: 384, rounds: 6 },
] as const;

const names = ['ours', 'BullMQ'] as const;

export async function endToEnd(): Promise<Report> {
  await using stage = await openStage();
  await using server = await startChild('ourServer.ts', stage.env);
  await using worker = await startChild('jobWorker.ts', stage.env);
  await using ticketClient = await startChild('ticketClient.ts');
  await using bullWorker = await startChild('bullWorker.ts', stage.env);
  await using bullClient = await startChild('bullClient.ts', stage.env);
  await worker.ask(z.undefined(), 'start', { way: 'ours' });
  await ticketClient.ask(z.undefined(), 'open', { url: await server.ask(z.string(), 'url') });
  await bullWorker.ask(z.number(), 'cpu');

  const rows: (string | number)[][] = [];
  for (const { atOnce, jobs, rounds } of loads) {
    const results: Record<(typeof names)[number], LoadResult[]> = { ours: [], BullMQ: [] };
    for (let round = 0; round <= rounds; round += 1) {
      const ours = await ticketClient.ask(loadResult, 'run', { atOnce, jobs });
      const bull = await bullClient.ask(loadResult, 'run', { atOnce, jobs });
      if (round === 0) continue;
      results.ours.push(ours);
      results.BullMQ.push(bull);
    }
    for (const name of names) {
      const activeMs = results[name].flatMap((result) => result.activeMs).filter((ms) => !Number.isNaN(ms));
      const endedMs = results[name].flatMap((result) => result.endedMs);
      rows.push([
        `${name}, ${atOnce} at once`,
        median(results[name].map(({ perSecond }) => perSecond)),
        ...[0.5, 0.99].map((share) => quantile(activeMs, share)),
        ...[0.5, 0.99].map((share) => quantile(endedMs, share)),
      ]);
    }
  }
  return {
    title: 'End to end, beside BullMQ',
    method:
      'Jobs that do nothing, 30 slots. Ours: the mutation over HTTP, the owner’s feed over WebSocket, server and worker in processes of their own, table and queues on the embedded AWS (JavaScript emulators, which take most of the time). BullMQ: `queue.add`, its worker and QueueEvents, all on the same Redis. Milliseconds from the call until the client has heard that the job runs, and that it has ended.',
    columns: ['system', 'jobs/s', 'runs p50', 'runs p99', 'ended p50', 'ended p99'],
    rows,
    promises: [],
    notes: [
      'For comparison only: BullMQ keeps its jobs in Redis, and makes one write in memory where ours makes several to a replicated table and a queue.',
    ],
  };
}
