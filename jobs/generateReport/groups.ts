/** Sums rows by group. Names that look the same are one group: two bars with the same visible name would look like an error. */
import { add, compareAbsolute, zero, type Decimal } from './decimal.ts';

export interface Group {
  /** As it was first written, without surrounding spaces and invisible characters. */
  readonly name: string;
  readonly rows: number;
  readonly total: Decimal;
}

export interface Groups {
  /** Counts a row; without an amount it adds nothing. */
  add(name: string, amount: Decimal | undefined): void;
  count(): number;
  /** The number of spellings beyond the first of each group. */
  mergedNames(): number;
  /** By absolute total, largest first. */
  sorted(): readonly Group[];
}

interface OpenGroup {
  readonly name: string;
  rows: number;
  total: Decimal;
}

/** The number of spellings whose group is remembered; others are normalised again in each row. */
const maxSpellings = 5000;

export function createGroups(): Groups {
  const byLook = new Map<string, OpenGroup>();
  const bySpelling = new Map<string, OpenGroup>();
  let merged = 0;

  function groupOf(spelling: string): OpenGroup {
    const known = bySpelling.get(spelling);
    if (known !== undefined) return known;
    const name = visible(spelling);
    const look = name.normalize('NFC').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
    const group = byLook.get(look) ?? { name, rows: 0, total: zero };
    if (group.rows > 0) merged += 1;
    else byLook.set(look, group);
    if (bySpelling.size < maxSpellings) bySpelling.set(ownText(spelling), group);
    return group;
  }

  return {
    add(name, amount) {
      const group = groupOf(name);
      group.rows += 1;
      if (amount !== undefined) group.total = add(group.total, amount);
    },
    count: () => byLook.size,
    mergedNames: () => merged,
    sorted: () => [...byLook.values()].toSorted((a, b) => compareAbsolute(b.total, a.total) || (a.name < b.name ? -1 : 1)),
  };
}

/** Marks that change the direction of text are left out too: a name must not change the text beside it. */
function visible(name: string): string {
  return ownText(
    name
      .replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
      .replaceAll(/\s+/gu, ' ')
      .trim(),
  );
}

/** A slice keeps its whole source text in memory; a copy does not. */
function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
