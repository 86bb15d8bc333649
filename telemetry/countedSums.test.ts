import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCountedSums } from './countedSums.ts';

const attributes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', 'x', 'a 1 x', 'xb 1 y'));

test('each set of attributes has its own sum, in whatever order the attributes are given', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(attributes, fc.integer({ min: 1, max: 9 }))), (counts) => {
      const sums = createCountedSums();
      const keyOf = (set: object): string => JSON.stringify(Object.entries(set).toSorted(([a], [b]) => a.localeCompare(b)));
      const expected = new Map<string, number>();
      for (const [given, by] of counts) {
        expected.set(keyOf(given), (expected.get(keyOf(given)) ?? 0) + 2 * by);
        sums.add(by, given);
        sums.add(by, Object.fromEntries(Object.entries(given).toReversed()));
      }
      const told = [...sums.values()];
      expect(told).toHaveLength(expected.size);
      expect(new Map(told.map((sum) => [keyOf(sum.attributes), sum.value]))).toEqual(expected);
    }),
  );
});
