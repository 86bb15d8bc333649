/** Simulated jobs by the thousand, and in the long form a million: `FAULTS=long vitest run test/simulation`. */
import { expect, test } from 'vitest';
import { seedOf } from '../faults/chance.ts';
import { simulate } from './simulate.ts';

const wave = 10_000;
const waves = process.env['FAULTS'] === 'long' ? 100 : 1;

test(
  `${wave * waves} jobs, with outages, purges, restarts, lost answers, duplicates, stops, sleeping and starving workers: each ends once, for a cause`,
  { timeout: 3_600_000 },
  async ({ onTestFailed }) => {
    const seed = seedOf();
    onTestFailed(() => void process.stderr.write(`to replay: FAULT_SEED=${seed}\n`));
    const startedAt = performance.now();
    let jobs = 0;
    let writes = 0;
    let settledMs = 0;
    for (let number = 0; number < waves; number += 1) {
      const { violations, ...told } = await simulate(seed + number, wave);
      expect(violations.slice(0, 10), `FAULT_SEED=${seed + number}`).toEqual([]);
      expect(told.jobs).toBe(wave);
      jobs += told.jobs;
      writes += told.writes;
      settledMs = Math.max(settledMs, told.settledMs);
      if (number === 0) process.stdout.write(`simulation: ${JSON.stringify(told)}\n`);
    }
    const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
    process.stdout.write(
      `simulation: FAULT_SEED=${seed}: ${jobs} jobs, ${writes} writes, 0 violations, the last ended at most ${Math.round(settledMs / 1000)} s after the last was handed in, ` +
        `${Math.round((performance.now() - startedAt) / 1000)} s in all, ${rss} MB\n`,
    );
  },
);
