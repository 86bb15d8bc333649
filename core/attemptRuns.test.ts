import { expect, test } from 'vitest';
import { makeJob } from '../test/support/jobFactory.ts';
import { attemptRunsOf, type AttemptNote } from './attemptRuns.ts';
import type { HistoryEntry, Job } from './job.ts';

const error = { code: 'ATTEMPT_FAILED', message: 'no luck', attempt: 1, at: 5 };

/** Pairs of entries that follow each other: status, attempt, and whether the attempt ended with an error. */
function jobOf(entries: readonly (readonly [HistoryEntry['status'], number, HistoryEntry['error']?])[], changes: Partial<Job> = {}): Job {
  const history = entries.map(([status, attempt, failed], index) => ({
    version: index + 1,
    status,
    at: (index + 1) * 10,
    attempt,
    error: failed,
  }));
  const last = history.at(-1);
  return makeJob({ history, status: last?.status ?? 'PENDING', version: history.length, attempts: last?.attempt ?? 0, ...changes });
}

const note = (changes: Partial<AttemptNote> = {}): AttemptNote => ({
  generation: 1,
  number: 1,
  worker: 'host/1',
  startedAt: 21,
  hasLogs: true,
  ...changes,
});

test('a job that succeeds at once has one attempt, known from its record alone', () => {
  expect(
    attemptRunsOf(
      jobOf([
        ['PENDING', 0],
        ['PROCESSING', 1],
        ['SUCCEEDED', 1],
      ]),
      [],
    ),
  ).toEqual([{ generation: 1, number: 1, hasLogs: false, startedAt: 20, finishedAt: 30, outcome: 'SUCCEEDED' }]);
});

test('a job that waits has no attempt, and one that is being worked on has one that has not ended', () => {
  expect(attemptRunsOf(jobOf([['PENDING', 0]]), [])).toEqual([]);
  expect(
    attemptRunsOf(
      jobOf([
        ['PENDING', 0],
        ['PROCESSING', 1],
      ]),
      [],
    ),
  ).toEqual([{ generation: 1, number: 1, hasLogs: false, startedAt: 20 }]);
});

test('attempts of one receive are told apart; the failures before the last one have no time', () => {
  const job = jobOf([
    ['PENDING', 0],
    ['PROCESSING', 1],
    ['PENDING', 3, error],
    ['PROCESSING', 4],
    ['SUCCEEDED', 4],
  ]);
  expect(attemptRunsOf(job, []).map(({ number, outcome, startedAt, finishedAt }) => [number, outcome, startedAt, finishedAt])).toEqual([
    [1, 'FAILED', 20, undefined],
    [2, 'FAILED', undefined, undefined],
    [3, 'FAILED', undefined, 30],
    [4, 'SUCCEEDED', 40, 50],
  ]);
});

test('a lost worker, a stop and a cancel are not taken for a failure, and each generation counts from 1', () => {
  const entries = [
    ['PENDING', 0],
    ['PROCESSING', 1],
    ['PROCESSING', 2],
    ['PENDING', 2],
    ['PROCESSING', 3],
    ['FAILED_FINAL', 3, error],
    ['PENDING', 0],
    ['PROCESSING', 1],
    ['CANCELLED', 1],
  ] as const;
  expect(
    attemptRunsOf(jobOf(entries, { generation: 2 }), []).map(({ generation, number, outcome }) => [generation, number, outcome]),
  ).toEqual([
    [1, 1, 'LOST'],
    [1, 2, 'RELEASED'],
    [1, 3, 'FAILED'],
    [2, 1, 'CANCELLED'],
  ]);
});

test('the note of an attempt says more than the record, and is still there when the record has dropped that attempt', () => {
  const job = jobOf([
    ['PENDING', 0],
    ['PROCESSING', 2],
    ['SUCCEEDED', 2],
  ]);
  const end = { finishedAt: 25, outcome: 'FAILED', error: { code: 'ATTEMPT_FAILED', message: 'no luck', stack: 'at x' } } as const;
  expect(attemptRunsOf(job, [note({ end }), undefined, note({ number: 2, startedAt: 22 })])).toEqual([
    { generation: 1, number: 1, note: 0, worker: 'host/1', startedAt: 21, hasLogs: true, ...end },
    { generation: 1, number: 2, note: 2, worker: 'host/1', startedAt: 22, hasLogs: true, finishedAt: 30, outcome: 'SUCCEEDED' },
  ]);
});
