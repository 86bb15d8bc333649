/** Every interleaving of the real limit on running jobs within small bounds, and proof that the model would notice a broken one. */
import { describe, expect, test } from 'vitest';
import { explore } from './explore.ts';
import { slotsModel } from './slots.ts';
import { slotMutants, type SlotMutant, type SlotsSetting } from './slotsState.ts';

const isLong = process.env['FAULTS'] === 'long';
const timeout = 600_000;

const quick = {
  'two jobs, a crash': { jobs: 2, most: 1, actors: 3, crashes: 1 },
  'two jobs, a message twice': { jobs: 2, most: 1, actors: 3, duplicates: 1 },
  'two jobs, one given back, a message twice': { jobs: 2, most: 1, actors: 2, releases: 1, duplicates: 1 },
  'two jobs, a cancel, a crash': { jobs: 2, most: 1, actors: 2, cancels: 1, crashes: 1 },
  'two jobs, one given back, a crash': { jobs: 2, most: 1, actors: 2, crashes: 1, releases: 1 },
  'three jobs, a crash': { jobs: 3, most: 1, actors: 2, crashes: 1 },
  'three jobs, two at once': { jobs: 3, most: 2, actors: 2, crashes: 1 },
  'two jobs, a message twice, no timer': { jobs: 2, most: 1, actors: 3, duplicates: 1, withoutTimer: true },
  'three jobs, no timer': { jobs: 3, most: 1, actors: 2, withoutTimer: true },
} as const satisfies Readonly<Record<string, SlotsSetting>>;

const long = {
  'two jobs, two crashes, a message twice': { jobs: 2, most: 1, actors: 3, crashes: 2, duplicates: 1 },
  'three jobs, two at once, three actors': { jobs: 3, most: 2, actors: 3 },
  'three jobs, three actors, no timer': { jobs: 3, most: 1, actors: 3, withoutTimer: true },
} as const satisfies Readonly<Record<string, SlotsSetting>>;

const all = { ...quick, ...long };
const maxStates = 9_000_000;

test.for(Object.entries<SlotsSetting>(isLong ? all : quick))(
  'never more than there may be at once, and all end, from wherever it went: %s',
  { timeout },
  ([name, setting]) => {
    const { violation, states, steps } = explore(slotsModel(setting), maxStates);
    process.stdout.write(`model of slots: ${states} states, ${steps} steps: ${name}\n`);
    expect(violation, violation && `${violation.what}:\n  ${violation.trace.join('\n  ')}`).toBeUndefined();
  },
);

const killedIn: Readonly<Record<SlotMutant, keyof typeof all>> = {
  'sets a slot back to an older version': 'two jobs, one given back, a message twice',
  'claims whatever the version is': 'two jobs, one given back, a message twice',
  'frees a slot that has moved on': 'two jobs, one given back, a message twice',
  'takes a slot away before the claim from it': 'two jobs, a crash',
  'leaves a parked holder asleep': 'two jobs, a crash',
  'leaves a holder asleep that it parked': 'two jobs, a message twice, no timer',
  'keeps to itself that one more waits': 'three jobs, three actors, no timer',
  'does not look at the key after a park': 'three jobs, no timer',
  'does not look at the key after an end': 'three jobs, no timer',
  'tells that nobody waits, whatever has happened to the key': 'three jobs, no timer',
};

describe('the model notices a part that', { timeout }, () => {
  test.for(slotMutants.filter((mutant) => isLong || killedIn[mutant] in quick))('%s', (mutant) => {
    expect(explore(slotsModel(all[killedIn[mutant]], mutant), maxStates).violation?.what).toBeDefined();
  });
});
