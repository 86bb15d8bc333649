/** One job per tick, whichever process makes it, and none of the old definition after a change was answered. */
import { expect, test } from 'vitest';
import { explore } from './explore.ts';
import { tickModel, type TickMutant, type TickProtocol } from './ticks.ts';

const settings: readonly TickProtocol[] = [
  { last: 2, actors: 3, crashes: 1, updates: 1, deletions: 0 },
  { last: 2, actors: 2, crashes: 1, updates: 1, deletions: 1 },
];

const long: readonly TickProtocol[] = [{ last: 3, actors: 3, crashes: 2, updates: 1, deletions: 1 }];

test.for(process.env['FAULTS'] === 'long' ? [...settings, ...long] : settings)(
  'one job a tick: $last ticks, $actors at work, $crashes deaths, $updates updates, $deletions deletions',
  { timeout: 600_000 },
  (setting) => {
    const { violation, states } = explore(tickModel(setting));
    process.stdout.write(`ticks: ${states} states: ${JSON.stringify(setting)}\n`);
    expect(violation).toBeUndefined();
  },
);

const mutants: readonly TickMutant[] = [
  'puts before it decides',
  'decides whatever was written since',
  'settles whatever was written since',
  'updates without carrying out',
  'updates whatever was written since',
  'deletes without carrying out',
  'gives each job an id of its own',
  'begins a new incarnation at once',
  'forgets what is pending',
];

test.for(mutants)('the model notices who %s', { timeout: 600_000 }, (mutant) => {
  const found = settings.map((setting) => explore(tickModel({ ...setting, mutant })).violation);
  expect(found.find((violation) => violation !== undefined)).toBeDefined();
});
