import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add, compareAbsolute, parseDecimal, shareOf, toJson, toText, zero } from './decimal.ts';

test.each([
  ['0', 0],
  ['-12.50', -12.5],
  ['+.5', 0.5],
  ['5.', 5],
  ['1e3', 1000],
  ['1.25E-2', 0.0125],
  ['12345678901234567890', 1.2345678901234567e19],
  ['1e308', 1e308],
  ['1e-999', 0],
])('reads %s', (text, value) => {
  expect(Number(toText(parseDecimal(text) ?? zero))).toBe(value);
  expect(parseDecimal(text)).toBeDefined();
});

test.each(['', '.', '-', 'e5', '1e', '1,5', '1 000', '0x10', 'NaN', 'Infinity', '1e309', '1e1000', '١', '9'.repeat(401)])(
  'does not take %j for a number',
  (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  },
);

test('reads every double as JavaScript does', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(toJson(parseDecimal(String(value)) ?? zero)).toBe(value + 0);
    }),
  );
});

test('adds exactly, in any order', () => {
  const cents = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(cents, (amounts) => {
      const texts = amounts.map(
        (amount) => `${amount < 0 ? '-' : ''}${Math.trunc(Math.abs(amount) / 100)}.${String(Math.abs(amount) % 100).padStart(2, '0')}`,
      );
      const sum = texts.reduce((total, text) => add(total, parseDecimal(text) ?? zero), zero);
      expect(sum.units * (sum.scale === 0 ? 100n : 1n)).toBe(BigInt(amounts.reduce((total, amount) => total + amount, 0)));
    }),
  );
});

test.each([
  ['0.10', '0.1'],
  ['-0', '0'],
  ['100', '100'],
  ['-0.00000012', '-0.00000012'],
  ['12345678901234567.890', '12345678901234567.89'],
  ['1e40', `1${'0'.repeat(40)}`],
  ['-1.50e60', '-1.5e60'],
  ['1e-60', '1e-60'],
])('writes %s as %s', (text, expected) => {
  expect(toText(parseDecimal(text) ?? zero)).toBe(expected);
});

test('is a number in JSON only where a double holds it exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }), fc.integer({ min: 0, max: 12 }), (units, scale) => {
      const json = toJson({ units, scale });
      const read = parseDecimal(String(json)) ?? zero;
      expect(add(read, { units: -units, scale }).units).toBe(0n);
    }),
  );
  expect(toJson({ units: 9_007_199_254_740_993n, scale: 0 })).toBe('9007199254740993');
  expect(toJson({ units: 1n, scale: 1 })).toBe(0.1);
});

test('compares and divides by absolute values', () => {
  const [loss, gain] = [
    { units: -1250n, scale: 2 },
    { units: 5n, scale: 0 },
  ];
  expect(compareAbsolute(loss, gain)).toBe(1);
  expect(compareAbsolute(zero, zero)).toBe(0);
  expect(shareOf(gain, loss)).toBe(0.4);
  expect(shareOf(loss, zero)).toBe(0);
});
