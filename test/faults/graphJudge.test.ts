/** The judges of workflows report wrong results, and accept right ones. */
import { describe, expect, test } from 'vitest';
import type { Job, JobStatus } from '../../core/job.ts';
import { makeJob } from '../support/jobFactory.ts';
import { judgeGraph, type JudgedPlan } from './graphJudge.ts';
import { readEffects, wrongEffects, type Effect } from './programEffects.ts';
import { missedOfWorkflow } from './workflowWatchChecker.ts';

/** b waits for a, c for b. */
function planWith(policy: 'CANCEL' | 'RUN' | 'WAIT'): JudgedPlan {
  const jobIds = ['a', 'b', 'c'];
  const numberOf = (jobId: string): number | undefined => (jobIds.includes(jobId) ? jobIds.indexOf(jobId) : undefined);
  const needs = [[], [0], [1]];
  return { jobIds, numberOf, jobs: jobIds.map((name, number) => ({ name, dependsOn: needs[number] ?? [], whenDependencyFails: policy })) };
}

const job = (jobId: string, status: JobStatus, changes: Partial<Job> = {}): Job =>
  makeJob({ jobId, status, history: [{ version: 1, status, at: 1, attempt: 1 }], ...changes });

const judged = (
  policy: 'CANCEL' | 'RUN' | 'WAIT',
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'RUNNING',
  jobs: readonly Job[],
  asked = '',
) => judgeGraph({ workflow: { status }, plan: planWith(policy), jobs, wasCancelAsked: (jobId) => jobId === asked });

const cause = (jobId: string, generation = 1) => ({ cause: { jobId, generation } });

describe('of a workflow at rest', () => {
  test('ends that follow from the graph and the failures are accepted', () => {
    const all = ['a', 'b', 'c'];
    expect(
      judged(
        'CANCEL',
        'SUCCEEDED',
        all.map((name) => job(name, 'SUCCEEDED')),
      ),
    ).toEqual([]);
    const cascade = [job('a', 'FAILED_FINAL'), job('b', 'CANCELLED', cause('a')), job('c', 'CANCELLED', cause('b'))];
    expect(judged('CANCEL', 'FAILED', cascade)).toEqual([]);
    expect(judged('RUN', 'FAILED', [job('a', 'FAILED_FINAL'), job('b', 'SUCCEEDED'), job('c', 'SUCCEEDED')])).toEqual([]);
    const held = [job('a', 'FAILED_FINAL'), job('b', 'PENDING', { waitsFor: 'a' }), job('c', 'PENDING', { waitsFor: 'b' })];
    expect(judged('WAIT', 'RUNNING', held)).toEqual([]);
    expect(judged('RUN', 'CANCELLED', [job('a', 'CANCELLED'), job('b', 'SUCCEEDED'), job('c', 'SUCCEEDED')], 'a')).toEqual([]);
    const child = job('d', 'CANCELLED', { parent: { jobId: 'a', name: 'd', depth: 1 } });
    expect(judged('RUN', 'CANCELLED', [job('a', 'CANCELLED'), job('b', 'SUCCEEDED'), job('c', 'SUCCEEDED'), child], 'a')).toEqual([]);
  });

  test.for<
    [what: string, policy: 'CANCEL' | 'RUN' | 'WAIT', status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'RUNNING', jobs: readonly Job[]]
  >([
    ['was not made', 'CANCEL', 'RUNNING', [job('a', 'SUCCEEDED'), job('b', 'SUCCEEDED')]],
    [
      'is stuck',
      'CANCEL',
      'RUNNING',
      [job('a', 'FAILED_FINAL'), job('b', 'PENDING', { waitsFor: 'a' }), job('c', 'PENDING', { waitsFor: 'b' })],
    ],
    [
      'is stuck',
      'WAIT',
      'RUNNING',
      [job('a', 'SUCCEEDED'), job('b', 'PENDING', { waitsFor: 'a' }), job('c', 'PENDING', { waitsFor: 'b' })],
    ],
    ['not announced yet', 'CANCEL', 'SUCCEEDED', [job('a', 'SUCCEEDED', { tell: 3 }), job('b', 'SUCCEEDED'), job('c', 'SUCCEEDED')]],
    ['succeeded, though', 'CANCEL', 'FAILED', [job('a', 'FAILED_FINAL'), job('b', 'SUCCEEDED'), job('c', 'SUCCEEDED')]],
    ['nobody asked', 'CANCEL', 'CANCELLED', [job('a', 'SUCCEEDED'), job('b', 'SUCCEEDED'), job('c', 'CANCELLED')]],
    [
      'in generation 1',
      'CANCEL',
      'CANCELLED',
      [job('a', 'SUCCEEDED', { generation: 2 }), job('b', 'CANCELLED', cause('a')), job('c', 'CANCELLED', cause('b'))],
    ],
    ['should not be', 'RUN', 'FAILED', [job('a', 'FAILED_FINAL'), job('b', 'CANCELLED', cause('a')), job('c', 'SUCCEEDED')]],
    ['and not FAILED', 'RUN', 'SUCCEEDED', [job('a', 'FAILED_FINAL'), job('b', 'SUCCEEDED'), job('c', 'SUCCEEDED')]],
    [
      'and not RUNNING',
      'WAIT',
      'FAILED',
      [job('a', 'FAILED_FINAL'), job('b', 'PENDING', { waitsFor: 'a' }), job('c', 'PENDING', { waitsFor: 'b' })],
    ],
  ])('it is noticed that something %s', ([what, policy, status, jobs]) => {
    expect(judged(policy, status, jobs).join('\n')).toContain(what);
  });
});

describe('of the effects of runs', () => {
  const wrong = (effects: readonly Effect[]) =>
    wrongEffects(readEffects(effects.map((one) => JSON.stringify(one)).join('\n')), [planWith('CANCEL')], []);
  const step = { jobId: 'a', name: 's' } as const;

  test('a step may run again until its result is kept', () => {
    expect(
      wrong([
        { kind: 'stepRuns', ...step },
        { kind: 'stepRuns', ...step },
        { kind: 'stepGave', ...step, value: 1 },
      ]),
    ).toEqual([]);
  });

  test.for<[what: string, effects: readonly Effect[]]>([
    [
      'runs again',
      [
        { kind: 'stepGave', ...step, value: 1 },
        { kind: 'stepRuns', ...step },
      ],
    ],
    [
      'gave 1, and then 2',
      [
        { kind: 'stepGave', ...step, value: 1 },
        { kind: 'stepGave', ...step, value: 2 },
      ],
    ],
    ['is PROCESSING', [{ kind: 'childGave', ...step, status: 'PROCESSING' }]],
    ['is told FAILED_FINAL', [{ kind: 'begins', jobId: 'b', statuses: ['FAILED_FINAL'] }]],
    ['is told ', [{ kind: 'begins', jobId: 'b', statuses: [] }]],
  ])('it is noticed that one %s', ([what, effects]) => {
    expect(wrong(effects).join('\n')).toContain(what);
  });

  test('it is noticed that a result does not come from any of its runs', () => {
    const jobs = [job('a', 'SUCCEEDED', { type: 'program', result: { kind: 'inline', value: { sum: 2 } } })];
    expect(wrongEffects([{ kind: 'ended', jobId: 'a', sum: 3 }], [planWith('RUN')], jobs).join('\n')).toContain('its runs gave 3');
    expect(wrongEffects([{ kind: 'ended', jobId: 'a', sum: 2 }], [planWith('RUN')], jobs)).toEqual([]);
  });
});

describe('of the events that watchers of a workflow got', () => {
  const history = [1, 2, 3].map((version) => ({ version, status: `status ${version}` }));
  const item = { name: 'a', version: 3, status: 'status 3', history };
  const saw = (versions: readonly number[], recovered?: boolean) =>
    missedOfWorkflow(
      versions.map((version) => ({ name: 'a', version, status: `status ${version}`, recovered })),
      [item],
    ).join('\n');

  test('the first event may be any, and the rest is complete', () => {
    expect(saw([1, 2, 3])).toBe('');
    expect(saw([3])).toBe('');
  });

  test('a gap, a step back, a missed end, and a false report of a loss are noticed', () => {
    expect(saw([1, 3])).toContain('nothing between 1 and 3');
    expect(saw([1, 3], false)).toContain('nothing between 1 and 3');
    expect(saw([2, 1, 3])).toContain('saw 1 after 2');
    expect(saw([2, 2, 3])).toContain('saw 2 after 2');
    expect(saw([1, 2])).toContain('saw status 2 at 2 last');
    expect(saw([])).toContain('last');
    const lost = missedOfWorkflow(
      [1, 3].map((version) => ({ name: 'a', version, status: `status ${version}`, recovered: version === 3 ? false : null })),
      [{ ...item, history: history.slice(2) }],
    );
    expect(lost).toEqual([]);
  });
});
