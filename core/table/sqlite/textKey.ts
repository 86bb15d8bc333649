/** Text from outside as a key: SQLite keeps UTF-8, in which all halves of surrogate pairs are one. */
import { z } from 'zod';

const stringSchema = z.string();

/** JSON spells halves out, so that no two owners are one. */
export function textKey(text: string): string {
  return text.isWellFormed() && !text.startsWith('"') ? text : JSON.stringify(text);
}

/** Whose key it is. */
export function nameOfKey(key: string): string {
  return key.startsWith('"') ? stringSchema.parse(JSON.parse(key)) : key;
}
