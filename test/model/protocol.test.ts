/** Every interleaving of the real protocol within small bounds, and proof that the model would notice a broken protocol. */
import { describe, expect, test } from 'vitest';
import { finalStatuses } from '../../core/job.ts';
import { transitions } from '../../core/transitions.ts';
import { neverEnds } from './explore.ts';
import {
  decisionFates,
  fenceFates,
  guardFates,
  misbehaviours,
  settingOf,
  tidiness,
  versionFates,
  withoutGuard,
  type Fate,
  type SettingName,
} from './mutants.ts';
import type { Mutant } from './rules.ts';
import { exploreWith, longSettings, quickSettings, type Setting } from './settings.ts';

const isLong = process.env['FAULTS'] === 'long';
const timeout = 600_000;

function holds(name: string, setting: Setting): void {
  const { violation, states, steps } = exploreWith(setting);
  process.stdout.write(`model: ${states} states, ${steps} steps: ${name}\n`);
  expect(violation, violation && `${violation.what}:\n  ${violation.trace.join('\n  ')}`).toBeUndefined();
}

/** What the model finds in a protocol that is broken in this way. */
function found(setting: SettingName, broken: Pick<Setting, 'mutant' | 'misbehaves'>): string | undefined {
  return exploreWith(settingOf(setting), broken).violation?.what;
}

test.for(Object.entries<Setting>(quickSettings))(
  'every job ends once, for one of its causes, and all messages drain: %s',
  { timeout },
  ([name, setting]) => holds(name, setting),
);

describe.runIf(isLong)('and with more that goes wrong', () => {
  test.for(Object.entries<Setting>(longSettings))('%s', { timeout }, ([name, setting]) => holds(name, setting));
});

test('only a retry leaves a final state, as the model takes for granted', () => {
  const leaving = transitions.filter(({ from }) => finalStatuses.some((status) => (from as readonly string[]).includes(status)));
  // That of a job which was cancelled for another one is the model of workflows’ to explore.
  expect(leaving.map(({ event }) => event).filter((event) => event !== 'revive')).toEqual(['retry']);
});

/** The mutants that take long to find are left to the long form. */
const slow: ReadonlySet<SettingName> = new Set<SettingName>([
  'failing handlers, a worker that sleeps, a crash',
  'killing handlers, a cancel, a retry',
  'a doubled request',
  'failing handlers, a crash',
]);
const isQuick = (setting: SettingName): boolean => isLong || !slow.has(setting);
const killable = (fates: Readonly<Record<string, Fate>>): readonly (readonly [string, SettingName])[] =>
  Object.entries(fates).flatMap(([name, fate]) => ('killedIn' in fate && isQuick(fate.killedIn) ? [[name, fate.killedIn] as const] : []));

describe('the model notices', { timeout }, () => {
  test.for(killable(guardFates))('a write without its guard: %s', ([name, setting]) => {
    expect(found(setting, { mutant: withoutGuard(name) })).toBeDefined();
  });

  test.for(killable(versionFates))('a write that knows no version: %s', ([name, setting]) => {
    const withoutVersion = transitions.map(({ event }) => event).filter((event) => event === name);
    expect(found(setting, { mutant: { withoutVersion } })).toBeDefined();
  });

  test.for(Object.entries(fenceFates))('a write without the claim, and without the version: %s', ([name, setting]) => {
    const withoutVersion = transitions.map(({ event }) => event).filter((event) => event === name);
    expect(found(setting, { mutant: { ...withoutGuard(`${name}.holdsClaim`), withoutVersion } })).toMatch(/without the claim/);
  });

  test.for(Object.entries(decisionFates).flatMap(([name, fate]) => ('sees' in fate ? [[name, fate] as const] : [])))(
    'a verdict that does not decide: %s',
    ([, { killedIn, sees }]) => {
      expect(found(killedIn, { mutant: { sees } })).toBeDefined();
    },
  );

  test('a message of an older generation that counts like a new one', () => {
    const mutant: Mutant = { ignoresGeneration: true };
    // It is worked on all the same: the record has its version, for any process.
    expect(found('a retry', { mutant })).toBeUndefined();
  });

  test.for(misbehaviours.filter(([, setting]) => isQuick(setting)))('a model in which a part %s', ([misbehaves, setting]) => {
    expect(found(setting, { misbehaves })).toBeDefined();
  });

  test('jobs that nobody would ever find, if there were no sweeper', () => {
    expect(found('purged queues', { misbehaves: ['never sweeps'] })).toBe(neverEnds);
  });
});

test.for(tidiness)('is only tidiness, and breaks nothing without: %s', { timeout }, ([misbehaves, setting]) => {
  expect(found(setting, { misbehaves })).toBeUndefined();
});
