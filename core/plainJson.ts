/** A JavaScript value as JSON: unchanged, or refused. `JSON.stringify` would silently change values that JSON has no form for. */
import type { JsonValue } from './job.ts';
import { jsonSize } from './jsonSize.ts';

/** Values nested deeper are refused. */
const maxDepth = 128;

/** A copy, without keys whose value is `undefined`. @throws {TypeError} that says what is wrong and where. */
export function plainJson(value: unknown, maxBytes: number): JsonValue {
  const tooLarge = new TypeError(`it has more than ${maxBytes} bytes as JSON.`);
  // `jsonSize` never counts too much: a value that is far too large is refused before its text is made.
  if (jsonSize(value, Infinity, maxBytes).bytes > maxBytes) throw tooLarge;
  const copy = copyOf(value, []);
  if (Buffer.byteLength(JSON.stringify(copy)) > maxBytes) throw tooLarge;
  return copy;
}

type Path = readonly (string | number)[];

function copyOf(value: unknown, path: Path): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object') throw noJson(value, path);
  if (path.length > maxDepth) throw new TypeError(`it is nested deeper than ${maxDepth}, or holds itself.`);
  // A hole in an array reads as undefined, which is not JSON.
  if (Array.isArray(value)) return Array.from(value, (item, index) => copyOf(item, [...path, index]));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw noJson(value, path);
  const copy: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    // Not by assignment, which would set the prototype for the key `__proto__`.
    Object.defineProperty(copy, key, { value: copyOf(item, [...path, key]), enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

function noJson(value: unknown, path: Path): TypeError {
  const what = typeof value === 'object' ? (value?.constructor.name ?? 'object') : typeof value === 'number' ? String(value) : typeof value;
  return new TypeError(
    `${path.length === 0 ? 'it' : path.join('.')} is no JSON but ${what}: keep plain values, such as a date’s toISOString().`,
  );
}
