import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryLeftovers } from './retryLeftovers.ts';

const options = { backoff: { baseMs: 1, maxMs: 2 }, maxFailures: 3, random: Math.random };

test('whatever each call leaves undone, everything is done once, or the rest is reported after several calls without progress', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 20 }), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }), async (count, steps) => {
      const entries = Array.from({ length: count }, (_, index) => index);
      const done: number[] = [];
      let calls = 0;
      let idle = 0;
      const left = await retryLeftovers(
        entries,
        (open) => {
          const progress = steps[calls] ?? 0;
          calls += 1;
          idle = progress === 0 ? idle + 1 : 1;
          done.push(...open.slice(0, progress));
          return Promise.resolve(open.slice(progress));
        },
        options,
      );
      expect([...done, ...left]).toEqual(entries);
      if (left.length > 0) expect(idle).toBe(options.maxFailures);
    }),
    { numRuns: 50 },
  );
});

test('a wait is ended by the signal, with its reason', async () => {
  const caller = new AbortController();
  const reason = new Error('gone');
  const slow = { ...options, backoff: { baseMs: 60_000, maxMs: 60_000 }, signal: caller.signal };
  const retrying = retryLeftovers(
    [1],
    (open) => {
      setImmediate(() => caller.abort(reason));
      return Promise.resolve(open);
    },
    slow,
  );
  await expect(retrying).rejects.toBe(reason);
});

test('what a call throws is thrown', async () => {
  const error = new Error('away');
  await expect(retryLeftovers([1], () => Promise.reject(error), options)).rejects.toBe(error);
});
