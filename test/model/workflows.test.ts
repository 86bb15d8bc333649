/** Every interleaving of the real looks and moves within small bounds, and proof that the model would notice broken ones. */
import { describe, expect, test } from 'vitest';
import { explore } from './explore.ts';
import { workflowModel } from './workflows.ts';
import {
  longMutants,
  workflowMutants,
  type LongMutant,
  type WorkflowMutant,
  type WorkflowSetting,
  type WorkflowsState,
} from './workflowState.ts';

const isLong = process.env['FAULTS'] === 'long';
const timeout = 600_000;

const two = [[], [0]];
const chain = [[], [0], [1]];
const join = [[], [], [0, 1]];
const fork = [[], [0], [0]];

const quick = {
  'two, a crash': { needs: two, tellers: 2, crashes: 1 },
  'two, fails, retried': { needs: two, tellers: 2, failures: 1, retries: 1 },
  'chain, a crash': { needs: chain, tellers: 2, crashes: 1 },
  'join, a crash': { needs: join, tellers: 2, crashes: 1 },
  'join, a crash while two tell of the same': { needs: join, tellers: 4, crashes: 1, sweeps: 1 },
  'whole: one job, fails, retried': { needs: [[]], tellers: 2, isWhole: true, failures: 1, retries: 1 },
  'whole: two jobs, one fails': { needs: [[], []], tellers: 2, isWhole: true, failures: 1 },
  'whole: two jobs, a crash': { needs: [[], []], tellers: 2, isWhole: true, crashes: 1 },
  'whole: chain, a crash': { needs: two, tellers: 2, isWhole: true, crashes: 1 },
  'children, fail, a crash': { needs: [[], []], children: [[1], []], tellers: 2, failures: 1, crashes: 1 },
  'join, a crash, seen at the end': { needs: join, tellers: 2, crashes: 1, seesOthers: true },
  'children, fail, a crash, seen at the end': {
    needs: [[], []],
    children: [[1], []],
    tellers: 2,
    failures: 1,
    crashes: 1,
    seesOthers: true,
  },
  'children, cancelled, a crash': { needs: [[], []], children: [[1], []], tellers: 2, cancels: 1, crashes: 1 },
} as const satisfies Readonly<Record<string, WorkflowSetting>>;

/** The graphs with which the protocol was first explored. */
const long = {
  'two, fails, retries, crash': { needs: two, tellers: 2, failures: 2, retries: 2, crashes: 1 },
  'two, two tellers': { needs: two, tellers: 3, failures: 1, retries: 1, sweeps: 1, crashes: 1 },
  'two, cancel': { needs: two, tellers: 3, cancels: 1, retries: 1, failures: 1 },
  'chain, crash': { needs: chain, tellers: 9, crashes: 1, sweeps: 1 },
  'chain, fail, retry': { needs: chain, tellers: 2, failures: 1, retries: 1 },
  'join, crash': { needs: join, tellers: 9, crashes: 1, sweeps: 1 },
  'join, fail, retry': { needs: join, tellers: 2, failures: 1, retries: 1 },
  'join runs anyway': { needs: join, tellers: 2, policies: ['CANCEL', 'CANCEL', 'RUN'], failures: 1, retries: 1 },
  'join waits': { needs: join, tellers: 2, policies: ['CANCEL', 'CANCEL', 'WAIT'], failures: 1, retries: 1 },
  'join, fail, retry, seen at the end': { needs: join, tellers: 2, failures: 1, retries: 1, seesOthers: true },
  'join runs anyway, seen at the end': {
    needs: join,
    tellers: 2,
    policies: ['CANCEL', 'CANCEL', 'RUN'],
    failures: 1,
    retries: 1,
    crashes: 1,
    seesOthers: true,
  },
  'join, two tellers, seen at the end': { needs: join, tellers: 4, crashes: 1, sweeps: 1, seesOthers: true },
  'two children, two tellers, seen at the end': {
    needs: [[], [], []],
    children: [[1, 2], [], []],
    tellers: 9,
    crashes: 1,
    sweeps: 1,
    seesOthers: true,
  },
  'two joins, a crash, seen at the end': { needs: [[], [], [0, 1], [1, 0]], tellers: 2, crashes: 1, seesOthers: true },
  'fork, cancel, retry': { needs: fork, tellers: 2, cancels: 1, retries: 1 },
  'whole: one job': { needs: [[]], tellers: 3, isWhole: true, failures: 1, retries: 1, crashes: 1 },
  'whole: join, a crash, seen at the end': { needs: join, isWhole: true, tellers: 2, crashes: 1, seesOthers: true },
  'whole: two jobs': { needs: [[], []], isWhole: true, tellers: 2, failures: 1, retries: 1, crashes: 1 },
  'whole: chain': { needs: two, isWhole: true, tellers: 2, failures: 1, retries: 1, crashes: 1 },
  'whole: cancel, retry': { needs: [[], []], isWhole: true, tellers: 2, cancels: 1, retries: 1, crashes: 1 },
  'whole: chain, cancel, retry': { needs: two, isWhole: true, tellers: 2, cancels: 1, retries: 1 },
  'whole: runs anyway': { needs: two, policies: ['CANCEL', 'RUN'], isWhole: true, tellers: 2, failures: 1, retries: 1 },
  'whole: waits': { needs: two, policies: ['CANCEL', 'WAIT'], isWhole: true, tellers: 2, failures: 1, retries: 1 },
  'children, cancelled, retried': { needs: [[], []], children: [[1], []], tellers: 2, cancels: 1, retries: 1 },
  'children, cancelled, retried, a crash': { needs: [[], []], children: [[1], []], tellers: 2, cancels: 1, retries: 1, crashes: 1 },
  children: { needs: [[], [], []], children: [[1, 2], [], []], tellers: 9, failures: 1, crashes: 1 },
  'two children, two tellers': { needs: [[], [], []], children: [[1, 2], [], []], tellers: 9, crashes: 1, sweeps: 1 },
  'children, two tellers': { needs: [[], []], children: [[1], []], tellers: 9, failures: 1, crashes: 1, sweeps: 1 },
} as const satisfies Readonly<Record<string, WorkflowSetting>>;

const maxStates = 30_000_000;

test.for(Object.entries<WorkflowSetting>(isLong ? { ...quick, ...long } : quick))(
  'none begins too early, none is stuck, each ends as its dependencies say, from wherever it went: %s',
  { timeout },
  ([name, setting]) => {
    const { violation, states, steps } = explore(workflowModel(setting), maxStates);
    process.stdout.write(`model of workflows: ${states} states, ${steps} steps: ${name}\n`);
    expect(violation, violation && `${violation.what}:\n  ${violation.trace.join('\n  ')}`).toBeUndefined();
  },
);

test.for(['two, a crash', 'children, cancelled, a crash', 'whole: two jobs, one fails', 'whole: one job, fails, retried'] as const)(
  'the records that can be reached, and their faults, are the same where those who tell wait before every step: %s',
  { timeout },
  (name) => {
    const setting = quick[name];
    expect(recordsOf({ ...setting, isStepByStep: true })).toEqual(recordsOf(setting));
  },
);

function recordsOf(setting: WorkflowSetting): { readonly records: ReadonlySet<string>; readonly violation: string | undefined } {
  const model = workflowModel(setting);
  const records = new Set<string>();
  const isDone = (state: WorkflowsState): boolean => {
    records.add(model.key({ ...state, tellers: [] }));
    return model.isDone(state);
  };
  return { violation: explore({ ...model, isDone }, maxStates).violation?.what, records };
}

const killedIn: Readonly<Record<WorkflowMutant, keyof typeof quick>> = {
  'ends without a marker': 'two, a crash',
  'waits for children without a marker': 'children, fail, a crash',
  'retries without a marker': 'two, fails, retried',
  'never looks at the one it tells of': 'children, fail, a crash',
  'never revives': 'two, fails, retried',
  'writes whatever was written since': 'children, fail, a crash',
  'looks once': 'whole: one job, fails, retried',
  'removes a marker of another end': 'whole: one job, fails, retried',
  'puts without a look': 'two, a crash',
  'counts a retried failure': 'whole: one job, fails, retried',
  'ends without a second reading': 'whole: two jobs, one fails',
  'passes over what is past its own': 'join, a crash while two tell of the same',
  'cancels no children': 'children, cancelled, a crash',
  'begins without a look at its parent': 'children, cancelled, a crash',
  'ends quietly although it is looked at': 'join, a crash, seen at the end',
};
/** Seen in larger settings alone. */
const killedInLong: Readonly<Record<LongMutant, keyof typeof long>> = {
  'cancels and revives without a marker': 'chain, fail, retry',
  'cancels what was named again': 'children, cancelled, retried',
  'ends quietly although it was retried': 'join runs anyway, seen at the end',
};

describe('the model notices a part that', { timeout }, () => {
  test.for(workflowMutants)('%s', (mutant) => {
    expect(explore(workflowModel({ ...quick[killedIn[mutant]], mutant }), maxStates).violation?.what).toBeDefined();
  });

  test.runIf(isLong).for(longMutants)('%s', (mutant) => {
    expect(explore(workflowModel({ ...long[killedInLong[mutant]], mutant }), maxStates).violation?.what).toBeDefined();
  });
});
