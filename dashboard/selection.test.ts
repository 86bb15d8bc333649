import { expect, test } from 'vitest';
import { choose, chooseAll, nothingSelected, type Choice, type Selection } from './selection.ts';

const shown = ['a', 'b', 'c', 'd', 'e'];
const after = (...choices: readonly (readonly [jobId: string, isSelected: boolean, isRange: boolean])[]): readonly string[] =>
  [
    ...choices.reduce<Selection>(
      (selection, [jobId, isSelected, isRange]) => choose(selection, { jobId, isSelected, isRange } satisfies Choice, shown),
      nothingSelected,
    ).jobIds,
  ].toSorted();

test('a range goes from the row that was chosen last, in either direction, and all of it becomes as the row it ends at', () => {
  expect(after(['b', true, false], ['d', true, true])).toEqual(['b', 'c', 'd']);
  expect(after(['d', true, false], ['b', true, true])).toEqual(['b', 'c', 'd']);
  expect(after(['a', true, false], ['e', true, true], ['c', false, true])).toEqual(['a', 'b']);
});

test('a range that begins nowhere, or at a row that is shown no more, is the one row', () => {
  expect(after(['c', true, true])).toEqual(['c']);
  expect(after(['gone', true, false], ['c', true, true])).toEqual(['c', 'gone']);
});

test('all of a page are chosen and let go together, and those of other pages stay', () => {
  const other: Selection = { jobIds: new Set(['x']), anchor: 'x' };
  const all = chooseAll(other, true, shown);
  expect([...all.jobIds].toSorted()).toEqual([...shown, 'x']);
  expect([...chooseAll(all, false, shown).jobIds]).toEqual(['x']);
});
