import { expect, test } from 'vitest';
import { choose, chooseAll, nothingSelected, type Selection } from './selection.ts';

const shown = ['a', 'b', 'c', 'd', 'e'];
const after = (...choices: readonly (readonly [jobId: string, isRange: boolean])[]): readonly string[] =>
  [
    ...choices.reduce<Selection>((selection, [jobId, isRange]) => choose(selection, { jobId, isRange }, shown), nothingSelected).jobIds,
  ].toSorted();

test('a range goes from the last chosen row, in either direction, and all of it becomes like the row where it ends', () => {
  expect(after(['b', false], ['d', true])).toEqual(['b', 'c', 'd']);
  expect(after(['d', false], ['b', true])).toEqual(['b', 'c', 'd']);
  expect(after(['a', false], ['e', true], ['c', true])).toEqual(['a', 'b']);
});

test('a range without a start, or from a row that is no longer shown, is the one row', () => {
  expect(after(['c', true])).toEqual(['c']);
  expect(after(['gone', false], ['c', true])).toEqual(['c', 'gone']);
});

test('a row that is chosen twice is as it was before', () => {
  expect(after(['b', false], ['c', false], ['b', false])).toEqual(['c']);
});

test('all rows of a page are selected and deselected together, and those of other pages stay', () => {
  const other: Selection = { jobIds: new Set(['x']), anchor: 'x' };
  const all = chooseAll(other, shown);
  expect([...all.jobIds].toSorted()).toEqual([...shown, 'x']);
  expect([...chooseAll(all, shown).jobIds]).toEqual(['x']);
});
