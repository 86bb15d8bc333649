import { expect, test } from 'vitest';
import { applyEvent } from '../client/applyEvent.ts';
import type { JobStatusEvent } from '../client/job.ts';
import type { ListedJob } from './documents.ts';
import { formatDuration } from './durations.ts';
import { isRetryable } from './jobRecord.ts';
import { createKnownJobs, matches } from './knownJobs.ts';
import { perSecond } from './throughput.ts';
import { stretchesOf } from './timeline.ts';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const pending: ListedJob = {
  jobId: 'j',
  owner: 'o',
  type: 'simulate_work',
  tags: [],
  status: 'PENDING',
  priority: 'NORMAL',
  error: null,
  progress: null,
  waitingReason: 'QUEUED',
  waitingUntil: null,
  awaitedSignals: [],
  attempts: 0,
  version: 1,
  generation: 1,
  createdAt: at(0),
  updatedAt: at(0),
  startedAt: null,
  finishedAt: null,
  history: [{ version: 1, status: 'PENDING', at: at(0), attempt: 0, error: null }],
};
const event = (version: number, status: JobStatusEvent['status'], changes: Partial<JobStatusEvent> = {}): JobStatusEvent => ({
  jobId: 'j',
  version,
  status,
  previousStatus: null,
  attempt: 1,
  at: at(version),
  error: null,
  progress: null,
  recovered: null,
  ...changes,
});

test('a job becomes what its events say: started, in progress, ended, and started again after a retry', () => {
  const started = applyEvent(pending, event(2, 'PROCESSING'));
  expect(started).toMatchObject({ status: 'PROCESSING', startedAt: at(2), attempts: 1 });
  expect(applyEvent(started, event(2, 'PROCESSING', { progress: 40 }))).toMatchObject({ progress: 40, version: 2 });
  const failed = applyEvent(started, event(3, 'FAILED_FINAL'));
  expect(failed).toMatchObject({ finishedAt: at(3), generation: 1 });
  expect(isRetryable(failed, { now: 4000, stuckAfterMs: 9000 })).toBe(true);
  const retried = applyEvent(failed, event(4, 'PENDING', { attempt: 0 }));
  expect(retried).toMatchObject({ generation: 2, startedAt: null, finishedAt: null, attempts: 0 });
  expect(applyEvent(retried, event(2, 'PROCESSING'))).toBe(retried);
  expect(retried.history.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
});

test('an open job can be retried once it has been unchanged for longer than the server allows', () => {
  const running = applyEvent(pending, event(2, 'PROCESSING'));
  expect(isRetryable(running, { now: 11_000, stuckAfterMs: 9000 })).toBe(false);
  expect(isRetryable(running, { now: 11_001, stuckAfterMs: 9000 })).toBe(true);
  const progressed = applyEvent(running, event(2, 'PROCESSING', { progress: 50, at: at(5) }));
  expect(isRetryable(progressed, { now: 11_001, stuckAfterMs: 9000 })).toBe(false);
});

test('events of a job that came before it was read count once it is read', () => {
  const known = createKnownJobs();
  known.apply(event(2, 'PROCESSING'));
  known.take(pending);
  expect(known.get('j')).toMatchObject({ status: 'PROCESSING', version: 2 });
  known.take(pending);
  expect(known.get('j')?.version).toBe(2);
  expect(known.open()).toHaveLength(1);
  expect(matches(pending, { status: ['FAILED'] })).toBe(false);
});

test('the timeline’s bar is divided between waiting and working, and shows even the shortest part', () => {
  const history = [
    { version: 1, status: 'PENDING', at: at(0), attempt: 0, error: null },
    { version: 2, status: 'PROCESSING', at: at(0.001), attempt: 1, error: null },
    { version: 3, status: 'SUCCEEDED', at: at(10), attempt: 1, error: null },
  ] as const;
  const stretches = stretchesOf({ history }, Date.now());
  expect(stretches.map(({ status, ms }) => `${status} ${ms}`)).toEqual(['PENDING 1', 'PROCESSING 9999']);
  expect(stretches[0]?.share).toBeGreaterThan(0.019);
  expect(stretches.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test('the throughput counts complete seconds, and not the present one', () => {
  const finishes = [1500, 2100, 2900, 3100].map((time) => ({ at: time, hasSucceeded: time !== 2900 }));
  expect(perSecond(finishes, { now: 3200, seconds: 3 })).toEqual([
    { succeeded: 0, failed: 0 },
    { succeeded: 1, failed: 0 },
    { succeeded: 1, failed: 1 },
  ]);
});

test.each([
  [340, '340 ms'],
  [9960, '9.9 s'],
  [61_000, '1 min 1 s'],
  [12 * 60_000 + 5000, '12 min'],
  [5 * 3_600_000 + 20 * 60_000, '5 h 20 min'],
  [49 * 3_600_000, '2 d 1 h'],
])('%d ms are shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
