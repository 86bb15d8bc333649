/** The size of a JSON value, without writing it as text. It counts only up to a limit, since its callers need to know no more. */

export interface JsonSize {
  /** Objects, lists, strings, numbers and the rest: each counts as one. */
  readonly values: number;
  /** Roughly the size as JSON: between half of it and all of it. */
  readonly bytes: number;
}

export const nothing: JsonSize = { values: 0, bytes: 0 };

/** Values nested deeper than this are refused elsewhere, and are not looked at. */
const maxDepth = 128;

/** Counts no further once it has found more than these. */
export function jsonSize(value: unknown, maxValues = Infinity, maxBytes = Infinity): JsonSize {
  let values = 0;
  let bytes = 0;

  function count(item: unknown, depth: number): void {
    values += 1;
    bytes += 1;
    if (typeof item === 'string') bytes += item.length + 1;
    if (typeof item !== 'object' || item === null || depth > maxDepth) return;
    bytes += 1;
    if (Array.isArray(item)) {
      for (const inner of item) {
        if (isOver()) return;
        count(inner, depth + 1);
      }
      return;
    }
    for (const key in item) {
      if (isOver()) return;
      if (!Object.hasOwn(item, key)) continue;
      bytes += key.length + 3;
      count(Reflect.get(item, key), depth + 1);
    }
  }

  const isOver = (): boolean => values > maxValues || bytes > maxBytes;
  count(value, 0);
  return { values, bytes };
}
