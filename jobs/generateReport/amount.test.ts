import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAmount, type DecimalMark } from './amount.ts';
import { toText } from './decimal.ts';

function read(cell: string, mark: DecimalMark): string | undefined {
  const amount = readAmount(cell, mark);
  if (amount === undefined) return undefined;
  if (amount.kind === 'empty' || amount.kind === 'notAvailable') return amount.kind;
  return [toText(amount.value), ...(amount.kind === 'converted' ? amount.by : [])].join(' ');
}

describe('an amount', () => {
  test.each<[string, DecimalMark, string | undefined]>([
    ['12.5', '.', '12.5'],
    [' +12.5 ', '.', '12.5'],
    ['1e3', '.', '1000'],
    ['−3', '.', '-3'],
    ['1,234,567.89', '.', '1234567.89 thousands'],
    ['1 234', '.', '1234 thousands'],
    ['1\u202f234,5', ',', '1234.5 thousands'],
    ["1'234.50", '.', '1234.5 thousands'],
    ['1.234,56', ',', '1234.56 thousands'],
    ['2,5', ',', '2.5'],
    ['$12.50', '.', '12.5 currency'],
    ['-$12.50', '.', '-12.5 currency'],
    ['$-12.50', '.', '-12.5 currency'],
    ['12,50 €', ',', '12.5 currency'],
    ['($1,234.50)', '.', '-1234.5 thousands currency parentheses'],
    ['12%', '.', '0.12 percent'],
    ['-0.5 %', '.', '-0.005 percent'],
    ['', '.', 'empty'],
    [' \u00a0', '.', 'empty'],
    ['NA', '.', 'notAvailable'],
    ['n/a', ',', 'notAvailable'],
    ['–', '.', 'notAvailable'],
    ['2,5', '.', undefined],
    ['12.5', ',', undefined],
    ['1,23,456', '.', undefined],
    ['1,234 567', '.', undefined],
    ['12,34.5', '.', undefined],
    ['(12.5', '.', undefined],
    ['(-12.5)', '.', undefined],
    ['$12 €', '.', undefined],
    ['--5', '.', undefined],
    ['many', '.', undefined],
    ['12 pieces', '.', undefined],
    ['1 2', '.', undefined],
    ['0x10', '.', undefined],
    ['.', '.', undefined],
  ])('written %j, with decimals after %j, is %j', (cell, mark, expected) => {
    expect(read(cell, mark)).toBe(expected);
  });

  test('is read in bounded time, whatever it is', () => {
    const parts = fc.constantFrom(' ', '-', '$', '(', ')', '1', ',', '.', '%', 'e', '\u00a0');
    fc.assert(fc.property(fc.array(parts, { maxLength: 400 }), (cell) => void readAmount(cell.join(''), '.')));
    for (const part of [' ', '1 ', '1,', ', ', '- ']) readAmount(part.repeat(199), '.');
  });
});
