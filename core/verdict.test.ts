import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeJob } from '../test/support/jobFactory.ts';
import { exactly, type ServiceTime } from './clock.ts';
import { isFinal, jobStatuses, type Job } from './job.ts';
import { allows, transitionOf } from './transitions.ts';
import { decisions, type DecisionName } from './decisions.ts';
import { msUntil, verdictOn } from './verdict.ts';

const now = exactly(1_000_000);
const error = { code: 'ATTEMPT_FAILED', message: 'It failed.', attempt: 3, at: 1 };
const running = (changes: Partial<Job> = {}): Job =>
  makeJob({ status: 'PROCESSING', attempts: 1, claim: { id: 'claim', expiresAt: now.low }, ...changes });

const cases: readonly (readonly [string, Job, object])[] = [
  ['a final job is over', makeJob({ status: 'SUCCEEDED' }), { kind: 'over' }],
  ['a waiting job runs', makeJob(), { kind: 'run', event: 'claim' }],
  ['one that is due runs', makeJob({ dueAt: now.low }), { kind: 'run', event: 'claim' }],
  ['one that is due later waits', makeJob({ dueAt: now.low + 1 }), { kind: 'wait', until: now.low + 1, isHeld: false }],
  ['one that waits on purpose is parked', makeJob({ waiting: { reason: 'PAUSED' } }), { kind: 'parked', why: 'PAUSED' }],
  ['one that failed too often ends with its last error', makeJob({ failures: 9, error }), { kind: 'end', event: 'exhaust', error }],
  [
    'one that a worker has waits',
    running({ claim: { id: 'c', expiresAt: now.low + 5 } }),
    { kind: 'wait', until: now.low + 5, isHeld: true },
  ],
  ['one whose worker is gone is taken over', running(), { kind: 'run', event: 'reclaim' }],
  ['but not before it is due', running({ dueAt: now.low + 7 }), { kind: 'wait', until: now.low + 7, isHeld: false }],
  ['one that lost its last worker ends', running({ losses: 2 }), { kind: 'end', event: 'exhaust', error: { code: 'WORKERS_LOST' } }],
  [
    'a cancel of one whose worker is gone is carried out',
    running({ cancelRequested: true, losses: 2 }),
    { kind: 'end', event: 'cancelAbandoned' },
  ],
];

test.for(cases)('%s', ([, job, verdict]) => {
  expect(verdictOn(job, now)).toMatchObject(verdict);
});

test('a message of an older generation is over, whatever the job does', () => {
  expect(verdictOn(makeJob({ generation: 2 }), now, 1)).toEqual({ kind: 'over' });
  expect(verdictOn(makeJob({ generation: 2 }), now, 2)).toMatchObject({ kind: 'run' });
});

test('judges by the lower bound of the time: a deadline that may not have come counts as not come', () => {
  const wide: ServiceTime = { low: 1000, high: 5000, at: 3000 };
  expect(verdictOn(makeJob({ dueAt: 1001 }), wide)).toMatchObject({ kind: 'wait', until: 1001 });
  expect(msUntil(1001, wide)).toBe(1);
  expect(msUntil(999, wide)).toBe(0);
});

test('asks for nothing that the table of transitions forbids, and leaves nothing out', () => {
  const counts = { failures: fc.integer({ min: 0, max: 4 }), losses: fc.integer({ min: 0, max: 4 }) };
  const time = fc.constantFrom(undefined, now.low - 1, now.low, now.low + 1);
  const anyJob = fc.record({
    status: fc.constantFrom(...jobStatuses),
    ...counts,
    cancelRequested: fc.boolean(),
    dueAt: time,
    leaseEnds: time,
    waiting: fc.constantFrom(undefined, { reason: 'PAUSED' } as const),
  });
  fc.assert(
    fc.property(anyJob, ({ leaseEnds, ...changes }) => {
      const isRunning = changes.status === 'PROCESSING';
      const claim = isRunning && leaseEnds !== undefined ? { id: 'claim', expiresAt: leaseEnds } : undefined;
      const cancelRequested = isRunning && changes.cancelRequested;
      const waiting = isRunning ? undefined : changes.waiting;
      const job = makeJob({ ...changes, cancelRequested, waiting, claim, maxFailures: 3, maxLosses: 3 });
      const verdict = verdictOn(job, now);
      expect(verdict.kind === 'over').toBe(isFinal(job.status));
      for (const event of ['claim', 'reclaim', 'exhaust', 'cancelAbandoned'] as const) {
        const rule = transitionOf(event);
        const decided: readonly DecisionName[] = 'decided' in rule ? rule.decided : [];
        const may = allows(rule, job, { now, version: job.version }) && decided.every((name) => decisions[name].holds(job));
        expect([event, 'event' in verdict && verdict.event === event]).toEqual([event, may]);
      }
    }),
    { numRuns: 2000 },
  );
});
