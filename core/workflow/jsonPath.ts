/** Values within JSON, by a list of keys and indexes. */
import type { JsonValue } from '../job.ts';

export type JsonPath = readonly (string | number)[];

/** Undefined where there is none. */
export function valueAt(value: JsonValue | undefined, path: JsonPath): JsonValue | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    const inner: unknown = Reflect.get(found, key);
    if (!isJson(inner)) return undefined;
    found = inner;
  }
  return found;
}

/** A copy with that value there; anything on the way that is not an object or a list becomes one. */
export function withValueAt(value: JsonValue | undefined, path: JsonPath, inner: JsonValue): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return inner;
  const before = valueAt(value, [key]);
  const changed = withValueAt(before, rest, inner);
  if (typeof key === 'number') {
    const list: JsonValue[] = isList(value) ? [...value] : [];
    while (list.length < key) list.push(null);
    list[key] = changed;
    return list;
  }
  const entries = typeof value === 'object' && value !== null && !isList(value) ? Object.entries(value) : [];
  // Not by assignment: a key may be called `__proto__`.
  return Object.fromEntries([...entries.filter(([name]) => name !== key), [key, changed]]);
}

const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** A value within JSON is JSON. */
function isJson(value: unknown): value is JsonValue {
  return value !== undefined;
}
