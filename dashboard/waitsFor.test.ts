import { expect, test } from 'vitest';
import type { JobStatus } from '../client/job.ts';
import { waitsFor } from './waitsFor.ts';
import type { WorkflowJob } from './workflowDocuments.ts';

const now = Date.parse('2026-03-01T12:00:10.000Z');
const pending: WorkflowJob = {
  jobId: '01J',
  workflowJobName: 'join',
  type: 't',
  status: 'PENDING',
  version: 1,
  error: null,
  progress: null,
  waitingReason: 'DEPENDENCIES',
  waitingUntil: null,
  awaitedSignals: [],
  attempts: 0,
  generation: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  dependsOn: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name })),
};
const standing = (statuses: Readonly<Record<string, JobStatus>>) =>
  new Map(Object.entries(statuses).map(([name, status]) => [name, { status }]));
const done = { a: 'SUCCEEDED', b: 'SUCCEEDED', c: 'SUCCEEDED', d: 'SUCCEEDED', e: 'SUCCEEDED' } as const;

test('a job that waits says for which others, which of them failed, and else why', () => {
  const words = (statuses: Readonly<Record<string, JobStatus>>, job: Partial<WorkflowJob> = {}): string =>
    waitsFor({ ...pending, ...job }, standing(statuses), now);
  expect(words({ a: 'SUCCEEDED' })).toBe('waits for b, c, d and 1 more to end');
  expect(words({ ...done, a: 'PENDING', e: 'PROCESSING' })).toBe('waits for a and e to end');
  expect(words({ ...done, b: 'PROCESSING', a: 'FAILED_FINAL' })).toBe('waits for b to end');
  expect(words({ ...done, a: 'FAILED_FINAL' })).toBe('waits until a is retried');
  expect(words({ ...done, a: 'FAILED_FINAL' }, { attempts: 1 })).toBe('waits for jobs that it made');
  expect(words(done, { waitingReason: 'SIGNAL' })).toBe('waits for a signal');
  expect(words(done, { waitingReason: 'SIGNAL', awaitedSignals: ['approval'] })).toBe('waits for the signal “approval”');
  expect(words(done, { waitingReason: 'SIGNAL', awaitedSignals: ['a', 'b'], waitingUntil: '2026-03-01T12:05:10.000Z' })).toBe(
    'waits for the signals “a”, “b”: 5 min',
  );
  expect(words(done, { waitingReason: 'SLEEP', waitingUntil: '2026-03-01T12:05:10.000Z' })).toBe('sleeps: 5 min');
  expect(words(done, { waitingReason: null })).toBe('waits for its turn');
});

test('one that runs says for how long, one that is over how long it took or why it came to nothing', () => {
  const ran = { startedAt: '2026-03-01T12:00:05.000Z', finishedAt: '2026-03-01T12:00:08.500Z' };
  const error = { code: 'DEPENDENCY_FAILED', message: 'It needs “a”.', attempt: 0, at: '' };
  const words = (job: Partial<WorkflowJob>): string => waitsFor({ ...pending, waitingReason: null, ...job }, standing({}), now);
  expect(words({ ...ran, finishedAt: null, status: 'PROCESSING', progress: 40 })).toBe('runs for 5.0 s, 40 %');
  expect(words({ ...ran, status: 'SUCCEEDED' })).toBe('took 3.5 s');
  expect(words({ status: 'CANCELLED', error })).toBe('It needs “a”.');
  expect(words({ status: 'CANCELLED' })).toBe('was cancelled');
  expect(words({ status: 'FAILED_FINAL', error })).toBe('It needs “a”.');
});
