import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBounds } from './serviceClock.ts';

/** A service and a machine. The machine's clock is off by `skewMs`; its monotonic clock begins at any value. */
function setup(skewMs: number) {
  let trueMs = 1_800_000_000_000;
  const elapsed = (): number => trueMs - 1_799_999_000_000;
  const bounds = createBounds(elapsed, { now: () => trueMs + skewMs });
  return {
    bounds,
    truth: () => trueMs,
    pass: (ms: number) => (trueMs += ms),
    /** A request with these transfer times; the answer names the second in which it was made. */
    ask(thereMs: number, backMs: number) {
      const sentAt = elapsed();
      trueMs += thereMs;
      const date = Math.floor(trueMs / 1000) * 1000;
      trueMs += backMs;
      bounds.learn({ date, sentAt, receivedAt: elapsed() });
    },
  };
}

test('knows nothing before the first answer', () => {
  expect(setup(0).bounds.now()).toBeUndefined();
});

test('has the service’s time between its bounds, whatever the machine’s clock says and the network does', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 5000 }),
    thereMs: fc.integer({ min: 0, max: 3000 }),
    backMs: fc.integer({ min: 0, max: 3000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: -600_000, max: 600_000 }), fc.array(step, { minLength: 1, maxLength: 20 }), (skewMs, steps) => {
      const { bounds, truth, pass, ask } = setup(skewMs);
      for (const { waitMs, thereMs, backMs } of steps) {
        pass(waitMs);
        ask(thereMs, backMs);
        pass(waitMs);
        const now = bounds.now();
        if (now === undefined) throw new Error('the time is not known');
        expect(now.low).toBeLessThanOrEqual(truth());
        expect(now.high).toBeGreaterThanOrEqual(truth());
        expect(now.at).toBeGreaterThanOrEqual(now.low);
        expect(now.at).toBeLessThanOrEqual(now.high);
      }
    }),
    { numRuns: 1000 },
  );
});

test('gets close to the service’s time with a few answers, and shows the machine’s clock where that may be right', () => {
  const { bounds, truth, pass, ask } = setup(0);
  for (let answers = 0; answers < 60; answers += 1) {
    ask(2, 2);
    pass(313);
  }
  const now = bounds.now();
  expect((now?.high ?? 0) - (now?.low ?? 0)).toBeLessThan(150);
  expect(now?.at).toBe(truth());
});

test('believes the newest answer where the machine slept in between', () => {
  const { bounds, truth, ask } = setup(0);
  ask(1, 1);
  // The monotonic clock stood still for an hour.
  const slept = { date: Math.floor(truth() / 1000) * 1000 + 3_600_000, sentAt: 500_000, receivedAt: 500_010 };
  bounds.learn({ ...slept, sentAt: 1_000_002, receivedAt: 1_000_004 });
  expect(bounds.now()?.low).toBeGreaterThan(truth() + 3_590_000);
});
