import { expect, test } from 'vitest';
import { randomFraction, randomHex } from './randomBytes.ts';

test('returns as many digits as bytes were asked for, and never the same bytes again', () => {
  const drawn = Array.from({ length: 5000 }, () => randomHex(16));
  expect(drawn.every((text) => /^[\da-f]{32}$/.test(text))).toBe(true);
  expect(new Set(drawn).size).toBe(5000);
});

test('returns fractions from 0 to below 1, in all of 256 steps', () => {
  const drawn = Array.from({ length: 20_000 }, randomFraction);
  expect(drawn.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
  expect(new Set(drawn).size).toBe(256);
});
