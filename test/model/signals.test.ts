/** No accepted signal is lost, no wait lasts longer than its end, and all runs get the same answer. */
import { expect, test } from 'vitest';
import { explore } from './explore.ts';
import { signalModel, type SignalMutant, type SignalProtocol } from './signals.ts';

const settings: readonly SignalProtocol[] = [
  { timeout: undefined, payloads: ['yes'], crashes: 1, lapses: 1 },
  { timeout: undefined, payloads: ['yes', 'no'], crashes: 0, lapses: 0 },
  { timeout: 1, payloads: ['yes'], crashes: 0, lapses: 1 },
];

const long: readonly SignalProtocol[] = [
  { timeout: undefined, payloads: ['yes', 'yes'], crashes: 1, lapses: 1 },
  { timeout: undefined, payloads: ['yes', 'no'], crashes: 2, lapses: 0 },
  { timeout: 1, payloads: ['yes'], crashes: 1, lapses: 1 },
  { timeout: 1, payloads: ['yes', 'no'], crashes: 2, lapses: 1 },
];

test.for(process.env['FAULTS'] === 'long' ? [...settings, ...long] : settings)(
  'a signal that is taken is told, once and for all: timeout $timeout, $payloads, $crashes deaths, $lapses lapses',
  { timeout: 600_000 },
  (setting) => {
    const { violation, states } = explore(signalModel(setting));
    process.stdout.write(`signals: ${states} states: ${JSON.stringify(setting)}\n`);
    expect(violation).toBeUndefined();
  },
);

const mutants: readonly SignalMutant[] = [
  'waits without saying so',
  'says that it waits whatever was written since',
  'sends whatever was written since',
  'takes who runs for told',
  'tells before it wakes',
  'is told of a timeout without writing it',
  'has no timer',
];

test.for(mutants)('the model notices who %s', { timeout: 600_000 }, (mutant) => {
  expect(settings.some((setting) => explore(signalModel({ ...setting, mutant })).violation !== undefined)).toBe(true);
});

test('is only quicker, since the timer does the same: who looks once it is suspended', { timeout: 600_000 }, () => {
  for (const setting of settings)
    expect(explore(signalModel({ ...setting, mutant: 'does not look once it is suspended' })).violation).toBeUndefined();
});
