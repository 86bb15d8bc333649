/** Text from outside as a key: SQLite stores UTF-8, in which every half of a surrogate pair becomes the same character. */
import { z } from 'zod';

const stringSchema = z.string();

/** JSON escapes halves of pairs, so two owners never have the same key. */
export function textKey(text: string): string {
  return text.isWellFormed() && !text.startsWith('"') ? text : JSON.stringify(text);
}

/** The owner of a key. */
export function nameOfKey(key: string): string {
  return key.startsWith('"') ? stringSchema.parse(JSON.parse(key)) : key;
}
