import { expect, test } from 'vitest';
import type { JobHistoryEntry, JobStatus } from '../client/job.ts';
import { createActivity } from './activity.ts';

const entry = (version: number, status: JobStatus = 'PROCESSING'): JobHistoryEntry => ({
  version,
  status,
  at: new Date(version * 1000).toISOString(),
  attempt: 1,
  error: null,
});
const recovered = { since: 0, isRecovered: true };

test('records each version of a job once and in order, and asks for the history where some are missing', () => {
  const activity = createActivity();
  expect(activity.note('a', entry(1))).toBe(true);
  expect(activity.note('a', entry(1))).toBe(true);
  expect(activity.note('a', entry(4, 'SUCCEEDED'))).toBe(false);
  activity.catchUp('a', [entry(1), entry(2), entry(3), entry(4, 'SUCCEEDED')], recovered);
  expect(activity.note('a', entry(4, 'SUCCEEDED'))).toBe(true);
  expect(activity.latest.value.map(({ version, isRecovered }) => `${version} ${isRecovered}`)).toEqual([
    '4 true',
    '3 true',
    '2 true',
    '1 false',
  ]);
  expect(activity.finishes.value).toEqual([{ at: 4000, hasSucceeded: true }]);
});

test('of an unknown job, records only what happened since the page was opened', () => {
  const activity = createActivity();
  activity.catchUp('a', [entry(1), entry(2), entry(3)], { since: 2500, isRecovered: true });
  expect(activity.latest.value.map(({ version }) => version)).toEqual([3]);
  expect(activity.note('a', entry(2))).toBe(true);
  expect(activity.latest.value).toHaveLength(1);
});
