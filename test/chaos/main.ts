/** `npm run chaos -- --seed N --minutes M`: all faults together, for so long; exits with 0 where every promise was kept. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('npm run chaos -- --seed <whole number> --minutes <number above 0>');
  process.exitCode = 64;
} else {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', 'test/faults/chaos.test.ts', '--disable-console-intercept'], {
    stdio: 'inherit',
    env: { ...process.env, CHAOS_MINUTES: String(minutes), FAULT_SEED: String(seed) },
  });
  child.once('exit', (code) => (process.exitCode = code ?? 1));
}
