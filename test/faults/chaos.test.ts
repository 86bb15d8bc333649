/** `npm run chaos -- --seed N --minutes M`; a short form of it is one of the fault tests. */
import { expect, test } from 'vitest';
import { seedOf } from './chance.ts';
import { runChaos } from './chaos.ts';
import { chaosPlan } from './chaosPlan.ts';
import { checkHistory } from './historyChecker.ts';

const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0.3);
const isAsked = process.env['CHAOS_MINUTES'] !== undefined || process.env['FAULTS'] === 'long';

test('the same seed plans the same faults, and each kind of them', () => {
  const plan = chaosPlan(7, 60_000);
  expect(chaosPlan(7, 60_000)).toEqual(plan);
  expect(chaosPlan(8, 60_000)).not.toEqual(plan);
  expect(new Set(plan.map(({ fault }) => fault.kind)).size).toBe(10);
});

test.runIf(isAsked)(
  'kills, stops, pauses, wrong clocks, outages, purges and duplicates together: nothing is lost, doubled, early or stuck',
  { timeout: minutes * 60_000 + 400_000 },
  async (context) => {
    const seed = seedOf();
    process.stdout.write(`chaos: seed ${seed}, ${minutes} minutes; again with npm run chaos -- --seed ${seed} --minutes ${minutes}\n`);
    const { history, workflows, wrong, faults, settledMs } = await runChaos(context, { seed, totalMs: minutes * 60_000, boundMs: 120_000 });
    const violations = checkHistory(history);
    const ends = Object.entries(Object.groupBy(history.table, ({ status }) => status)).map(([status, jobs]) => `${status} ${jobs.length}`);
    process.stdout.write(
      `chaos: ${violations.length + wrong.length === 0 ? 'HELD' : `BROKEN, ${violations.length + wrong.length} times`}: seed ${seed}, ${faults.length} faults, ${history.table.length} jobs (${ends.join(', ')}) ` +
        `and ${workflows} workflows, ` +
        `${history.writes?.length ?? 0} writes, ${history.watchers.length} watchers of jobs, ${history.ownerWatchers?.length ?? 0} of all jobs, settled ${Math.round(settledMs / 1000)} s after the last fault\n`,
    );
    expect(violations).toEqual([]);
    expect(wrong).toEqual([]);
    expect(history.watchers.filter(({ end }) => end !== 'completed')).toEqual([]);
    expect(history.ownerWatchers?.at(-1)?.end).toBe('left');
  },
);
