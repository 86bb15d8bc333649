/** The scalars DateTime and JSON, and the check every JSON a client sends goes through. */
import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { JobError } from '../core/errors.ts';
import type { JsonValue } from '../core/job.ts';

export const DateTimeScalar = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description: 'A moment in UTC as of RFC 3339, with milliseconds: `2026-01-31T12:00:00.000Z`.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize(value) {
    if (typeof value !== 'number') throw new TypeError('a DateTime is kept as milliseconds since the epoch');
    return new Date(value).toISOString();
  },
});

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value: object, list, string, number, boolean or null, nested at most 100 deep.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueOf(node, variables ?? {}),
});

/** Deeper JSON is nobody's params, and ends the stack of whatever walks it. */
export const maxJsonDepth = 100;

type Path = readonly (string | number)[];

/**
 * What the client sent, if it can be kept and given back unchanged. The scalar itself lets everything through, so that
 * the answer names the whole path, and so that one bad entry of a batch does not fail the others.
 * @throws {JobError} `BAD_USER_INPUT` with the path of the first value that is not JSON or lies too deep.
 */
export function checkedJson(value: unknown, path: Path): JsonValue {
  return checkedAt(value, path, 0);
}

function checkedAt(value: unknown, path: Path, depth: number): JsonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return wellFormed(value, path);
  if (typeof value === 'number') {
    // JSON.parse reads 1e400 as Infinity, which JSON cannot say.
    if (!Number.isFinite(value)) throw badJson('is a number too large for JSON', path);
    return value;
  }
  if (depth >= maxJsonDepth) throw badJson(`is nested more than ${maxJsonDepth} deep`, path);
  if (Array.isArray(value)) return value.map((item: unknown, index) => checkedAt(item, [...path, index], depth + 1));
  if (typeof value !== 'object') throw badJson('is not JSON', path);
  // `fromEntries` defines properties: a key `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [wellFormed(key, path), checkedAt(item, [...path, key], depth + 1)]),
  );
}

/** Half a surrogate pair has no UTF-8, and the hash of the payload (RFC 8785) refuses it. */
function wellFormed(text: string, path: Path): string {
  if (!text.isWellFormed()) throw badJson('holds text that is not well-formed Unicode', path);
  return text;
}

function badJson(problem: string, path: Path): JobError {
  // A path of a hundred steps helps nobody in a sentence; `extensions.path` has it all.
  const place = path.length > 8 ? `${path.slice(0, 8).join('.')}…` : path.join('.');
  return new JobError('BAD_USER_INPUT', { message: `${place} ${problem}.`, path });
}

function valueOf(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item) => valueOf(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, valueOf(field.value, variables)]));
    case Kind.VARIABLE:
      return variables[node.name.value] ?? null;
  }
}
