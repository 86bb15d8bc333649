import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCountedSums } from './countedSums.ts';

const attributes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', 'x', 'a 1 x', 'xb 1 y'));

test('each set of attributes has its own sum, in whatever order they are named', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(attributes, fc.integer({ min: 1, max: 9 }))), (counts) => {
      const sums = createCountedSums();
      const expected = new Map<string, number>();
      for (const [given, by] of counts) {
        const entries = Object.entries(given).toSorted();
        const key = JSON.stringify(entries);
        expected.set(key, (expected.get(key) ?? 0) + 2 * by);
        sums.add(by, Object.fromEntries(entries));
        sums.add(by, Object.fromEntries(entries.toReversed()));
      }
      const told = [...sums.values()].map((sum) => [JSON.stringify(Object.entries(sum.attributes).toSorted()), sum.value]);
      expect(told.toSorted()).toEqual([...expected].toSorted());
    }),
  );
});
