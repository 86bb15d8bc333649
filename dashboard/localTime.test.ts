import { expect, test } from 'vitest';
import { inputOfTime, relativeTime, timeOfInput } from './localTime.ts';

test('a time comes out of its input as it went in, to the minute, in summer and winter', () => {
  for (const at of ['2026-01-31T12:34:00.000Z', '2026-07-31T23:59:00.000Z']) expect(timeOfInput(inputOfTime(at))).toBe(at);
  expect([inputOfTime(null), timeOfInput(''), timeOfInput('soon')]).toEqual(['', undefined, undefined]);
});

test('says how far away a time is, in whole seconds at least', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  expect(relativeTime('2026-01-31T12:00:00.400Z', now)).toBe('now');
  expect(relativeTime('2026-01-31T12:00:03Z', now)).toBe('in 3 s');
  expect(relativeTime('2026-01-31T11:55:00Z', now)).toBe('5 min ago');
});
