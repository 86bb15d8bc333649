/** Every interleaving of the shipped looks and moves within small bounds, and proof that the model would notice broken ones. */
import { describe, expect, test } from 'vitest';
import { explore } from './explore.ts';
import { workflowModel } from './workflows.ts';
import { workflowMutants, type WorkflowMutant, type WorkflowSetting } from './workflowState.ts';

const isLong = process.env['FAULTS'] === 'long';
const timeout = 600_000;

const two = [[], [0]];
const chain = [[], [0], [1]];
const join = [[], [], [0, 1]];
const fork = [[], [0], [0]];

const settings = {
  'two, fails, retries, crash': { needs: two, tellers: 2, failures: 2, retries: 2, crashes: 1 },
  'two, two tellers': { needs: two, tellers: 3, failures: 1, retries: 1, sweeps: 1, crashes: 1 },
  'two, cancel': { needs: two, tellers: 3, cancels: 1, retries: 1, failures: 1 },
  'chain, crash': { needs: chain, tellers: 9, crashes: 1, sweeps: 1 },
  'chain, fail, retry': { needs: chain, tellers: 2, failures: 1, retries: 1 },
  'join, crash': { needs: join, tellers: 9, crashes: 1, sweeps: 1 },
  'join, fail, retry': { needs: join, tellers: 2, failures: 1, retries: 1 },
  'join runs anyway': { needs: join, tellers: 2, policies: ['CANCEL', 'CANCEL', 'RUN'], failures: 1, retries: 1 },
  'join waits': { needs: join, tellers: 2, policies: ['CANCEL', 'CANCEL', 'WAIT'], failures: 1, retries: 1 },
  'fork, cancel, retry': { needs: fork, tellers: 2, cancels: 1, retries: 1 },
  'whole: one job': { needs: [[]], tellers: 3, isWhole: true, failures: 1, retries: 1, crashes: 1 },
  'whole: two jobs': { needs: [[], []], isWhole: true, tellers: 2, failures: 1, retries: 1, crashes: 1 },
  'whole: chain': { needs: two, isWhole: true, tellers: 2, failures: 1, retries: 1, crashes: 1 },
  'whole: cancel, retry': { needs: [[], []], isWhole: true, tellers: 2, cancels: 1, retries: 1, crashes: 1 },
  'whole: chain, cancel, retry': { needs: two, isWhole: true, tellers: 2, cancels: 1, retries: 1 },
  'whole: runs anyway': { needs: two, policies: ['CANCEL', 'RUN'], isWhole: true, tellers: 2, failures: 1, retries: 1 },
  'whole: waits': { needs: two, policies: ['CANCEL', 'WAIT'], isWhole: true, tellers: 2, failures: 1, retries: 1 },
  children: { needs: [[], [], []], children: [[1, 2], [], []], tellers: 9, failures: 1, crashes: 1 },
  'children, two tellers': { needs: [[], []], children: [[1], []], tellers: 9, failures: 1, crashes: 1, sweeps: 1 },
} as const satisfies Readonly<Record<string, WorkflowSetting>>;
type Name = keyof typeof settings;

const only = process.env['ONLY'];
const maxStates = 9_000_000;

test.for(Object.entries<WorkflowSetting>(settings).filter(([name]) => only === undefined || name.includes(only)))(
  'none begins too early, none is stuck, each ends as its dependencies say, from wherever it went: %s',
  { timeout },
  ([name, setting]) => {
    const { violation, states, steps } = explore(workflowModel(setting), maxStates);
    process.stdout.write(`model of workflows: ${states} states, ${steps} steps: ${name}\n`);
    expect(violation, violation && `${violation.what}:\n  ${violation.trace.join('\n  ')}`).toBeUndefined();
  },
);
