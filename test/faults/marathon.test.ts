import { expect, test, type TestContext } from 'vitest';
import { checkHistory } from './historyChecker.ts';
import { runMarathon, type MarathonOptions } from './marathon.ts';

const isLong = process.env['FAULTS'] === 'long';

async function holds(context: TestContext, options: MarathonOptions): Promise<void> {
  const { seed, history, kills, purged, settledMs, totalMs } = await runMarathon(context, options);
  const ends = Object.entries(Object.groupBy(history.table, ({ status }) => status)).map(([status, jobs]) => `${status} ${jobs.length}`);
  const recovered = history.watchers.flatMap(({ events }) => events.filter((event) => event.recovered !== undefined)).length;
  const ofOwner = history.ownerWatchers ?? [];
  process.stdout.write(
    `marathon: FAULT_SEED=${seed}: ${history.table.length} jobs (${ends.join(', ')}), ${kills.length} kills, ` +
      `${options.redisRestarts} Redis restarts, ${history.writes?.length ?? 0} writes, ${history.watchers.length} watchers (${recovered} events recovered), ` +
      `a watcher of all jobs told ${ofOwner.filter(({ end }) => end === 'interrupted').length} times that it was interrupted, ` +
      `settled ${Math.round(settledMs / 1000)} s after the last kill and job, ${Math.round(totalMs / 1000)} s in all\n` +
      `marathon: every queue was emptied ${purged.length} times, of ${purged.join(', ')} messages\n` +
      `marathon: killed ${kills.join('; ')}\n`,
  );
  expect(history.table).toHaveLength(options.jobs);
  expect(kills).toHaveLength(2 * options.killsPerWorker);
  // Emptied of something, or it would prove nothing.
  expect(purged.filter((messages) => messages > 0)).toHaveLength(options.purges);
  expect(checkHistory(history)).toEqual([]);
  expect(ofOwner.at(-1)?.end).toBe('left');
  // A watcher that was left behind has missed the end.
  expect(history.watchers.filter(({ end }) => end !== 'completed')).toEqual([]);
}

test.skipIf(isLong)(
  '200 jobs, two workers killed twice each, Redis restarted, every queue emptied: nothing is lost, doubled or stuck',
  { timeout: 180_000 },
  (context) => holds(context, { jobs: 200, watchers: 100, killsPerWorker: 2, redisRestarts: 1, purges: 1, boundMs: 60_000 }),
);

test.runIf(isLong)(
  '10,000 jobs, two workers killed twenty times each, Redis restarted five times, every queue emptied thrice: nothing is lost, doubled or stuck',
  { timeout: 1_800_000 },
  (context) => holds(context, { jobs: 10_000, watchers: 1000, killsPerWorker: 20, redisRestarts: 5, purges: 3, boundMs: 120_000 }),
);
