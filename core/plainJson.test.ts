import { expect, test } from 'vitest';
import { plainJson } from './plainJson.ts';

test.for([
  ['null', null],
  ['text', 'ä\ud800'],
  ['a list', [1, [true, { a: null }]]],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ['a key called __proto__', JSON.parse('{"__proto__":{"a":1}}')],
] as const)('%s is returned unchanged', ([, value]) => {
  expect(JSON.stringify(plainJson(value, 1000))).toBe(JSON.stringify(value));
});

test('a key without a value is left out', () => {
  expect(plainJson({ a: 1, b: undefined }, 100)).toEqual({ a: 1 });
});

test('a value that contains itself is refused', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(() => plainJson(circle, 100_000)).toThrow(/nested deeper than 128, or holds itself/);
});

test.for([
  ['nothing', undefined, /it is no JSON but undefined/],
  ['no number', { a: [0, NaN] }, /a\.1 is no JSON but NaN/],
  ['a hole', { a: [0, undefined] }, /a\.1 is no JSON/],
  ['a date', { at: new Date(0) }, /at is no JSON but Date: .*toISOString/],
  ['a map', new Map(), /it is no JSON but Map/],
  ['a large integer', { n: 1n }, /n is no JSON but bigint/],
  ['a function', { f: () => 1 }, /f is no JSON but function/],
  ['what is too large', 'x'.repeat(99), /more than 100 bytes/],
  ['what is far too large', Array.from({ length: 1000 }, () => 'x'), /more than 100 bytes/],
] as const)('%s is refused, with a message that says what to do', ([, value, message]) => {
  expect(() => plainJson(value, 100)).toThrow(message);
});
