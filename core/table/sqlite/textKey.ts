/** Text from outside as a key: SQLite keeps UTF-8, in which all halves of surrogate pairs are one. */

/** JSON spells halves out, so that no two owners are one. */
export function textKey(text: string): string {
  return text.isWellFormed() && !text.startsWith('"') ? text : JSON.stringify(text);
}
