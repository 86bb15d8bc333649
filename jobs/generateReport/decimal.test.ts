import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add, parseDecimal, toNumber, zero } from './decimal.ts';

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
  expect(toNumber(parseDecimal(text) ?? zero)).toBe(value);
  expect(parseDecimal(text)).toBeDefined();
});

test.each(['', '.', '-', 'e5', '1e', '1,5', '1 000', '0x10', 'NaN', 'Infinity', '1e309', '1e1000', '١', '9'.repeat(401)])(
  'takes %j for no number',
  (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  },
);

test('reads every double as JavaScript does', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(toNumber(parseDecimal(String(value)) ?? zero)).toBe(value + 0);
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
