/** Rows as JSON Lines: an object of strings, its fields in the order of the columns. */

import { leadsOf } from '../files/json/jsonObject.ts';

/** A function of a row's cells, one per column. */
export function createJsonLineWriter(columns: readonly string[]): (cells: readonly string[]) => string {
  // Assembled as text: an object would move a column called 2024 to the front, and lose one called __proto__.
  const leads = leadsOf(columns);
  return (cells) => {
    let line = '';
    for (let index = 0; index < leads.length; index += 1) {
      const cell = cells[index] ?? '';
      line += needsEscaping.test(cell) ? `${leads[index]}${JSON.stringify(cell)}` : `${leads[index]}"${cell}"`;
    }
    return `${line}}\n`;
  };
}

/** Half surrogates cannot occur here: no supported encoding has them. */
const needsEscaping = /["\\\p{Cc}]/u;
