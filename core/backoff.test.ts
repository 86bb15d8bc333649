import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test('waits 1, 2, 4 … and at most 30 seconds; the upper half of each wait is random', () => {
  const backoff = { baseMs: 1000, maxMs: 30_000 };
  const longest = [1, 2, 3, 4, 5, 6, 7].map((failures) => backoffMs(backoff, failures, () => 1));
  const shortest = [1, 2, 3, 4, 5, 6, 7].map((failures) => backoffMs(backoff, failures, () => 0));
  expect(longest).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(shortest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test('stays within its bounds for any number of failures', () => {
  fc.assert(
    fc.property(
      fc.nat(100_000),
      fc.nat(900_000),
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (baseMs, maxMs, failures, random) => {
        const wait = backoffMs({ baseMs, maxMs }, failures, () => random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(maxMs);
      },
    ),
    { examples: [[0, 1000, 10_000, 0.5]] },
  );
});
