import { expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { exactly } from '../clock.ts';
import { longestWaits } from './longestWaits.ts';

const now = 1_000_000_000;
const minutesAgo = (minutes: number): number => now - minutes * 60_000;
const since = (minutes: number) => ({ createdAt: minutesAgo(minutes), updatedAt: minutesAgo(minutes) });
const waits = (...jobs: Parameters<typeof makeJob>[0][]) => longestWaits(jobs.map(makeJob), exactly(now));

test('a job waits from when it could have begun: it was created, released, or due, or its worker’s lease had ended', () => {
  expect(
    waits(
      { ...since(7), priority: 'HIGH' },
      { ...since(3), priority: 'HIGH' },
      { ...since(60), priority: 'LOW', dueAt: minutesAgo(5) },
      { ...since(60), status: 'PROCESSING', attempts: 1, claim: { id: 'dead', expiresAt: minutesAgo(2) } },
    ),
  ).toEqual({ HIGH: 7 * 60_000, LOW: 5 * 60_000, NORMAL: 2 * 60_000 });
});

test('a job does not wait while a worker has it, in a backoff, parked, or after its end', () => {
  expect(
    waits(
      { ...since(600), status: 'PROCESSING', attempts: 1, claim: { id: 'alive', expiresAt: now + 10_000 } },
      { ...since(600), dueAt: now + 10_000 },
      { ...since(600), waiting: { reason: 'CONCURRENCY' } },
      { ...since(600), status: 'SUCCEEDED' },
    ),
  ).toEqual({ HIGH: 0, NORMAL: 0, LOW: 0 });
});
