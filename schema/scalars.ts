/** The scalars DateTime and JSON, and the check of every JSON value that a client sends. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { JsonValue } from '../core/job.ts';
import { exactNumber, inexactIntegerOf } from '../core/json.ts';
import { badInput, requireText } from '../core/text.ts';

export const DateTimeScalar = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  description:
    'A moment in the format of RFC 3339. Answers are in UTC, with milliseconds: `2026-01-31T12:00:00.000Z`; inputs may have any offset.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize(value) {
    if (typeof value !== 'number') throw new TypeError('a DateTime is kept as milliseconds since the epoch');
    return isoTextOf(value);
  },
  parseValue: momentOf,
  parseLiteral: (node) => momentOf(node.kind === Kind.STRING ? node.value : undefined),
});

/** The last text that was written, without its milliseconds: times that are written one after another mostly share the second. */
let secondKept = Number.NaN;
let textKept = '';

const maxDate = 8.64e15;

/** Like `toISOString`, which takes longer than everything else in an event. @throws {RangeError} if it is not a date. */
function isoTextOf(ms: number): string {
  const whole = Math.trunc(ms);
  if (!(Math.abs(whole) <= maxDate)) throw new RangeError('not a date');
  const second = Math.floor(whole / 1000);
  if (second !== secondKept) {
    textKept = new Date(second * 1000).toISOString().slice(0, -4);
    secondKept = second;
  }
  return `${textKept}${String(whole - second * 1000).padStart(3, '0')}Z`;
}

const moment = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

/** A day that does not exist is refused; digits beyond milliseconds are dropped. */
function momentOf(value: unknown): number {
  const [, day = ''] = (typeof value === 'string' ? moment.exec(value) : null) ?? [];
  const at = day === '' || typeof value !== 'string' ? Number.NaN : Date.parse(value.toUpperCase());
  if (Number.isNaN(at) || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day)
    throw new GraphQLError(
      'A DateTime is a text in the format of RFC 3339 with its offset: `2026-01-31T12:00:00Z`, `2026-01-31T13:00:00+01:00`.',
    );
  return at;
}

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value: object, list, string, number, boolean or null, nested at most 100 deep.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueOf(node, variables ?? {}),
});

/** Deeper JSON is no useful input, and overflows the stack of recursive code. */
export const maxJsonDepth = 100;

export const inexactProblem = 'is an integer that a JSON number cannot represent exactly: send it as a string';

type Path = readonly (string | number)[];

/**
 * The client's value, if it can be stored and returned unchanged. The scalar itself accepts everything, so that the error names
 * the whole path, and so that one bad entry of a batch does not fail the others.
 * @throws {JobError} `BAD_USER_INPUT` with the path of the first value that is not JSON or is nested too deep.
 */
export function checkedJson(value: unknown, path: Path): JsonValue {
  return checkedAt(value, [...path], path.length + maxJsonDepth);
}

/** The path is one shared list that grows and shrinks: copies would cost more than the check. */
function checkedAt(value: unknown, path: (string | number)[], maxLength: number): JsonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return requireText(value, path);
  if (typeof value === 'number') {
    // JSON.parse reads 1e400 as Infinity, which JSON cannot express.
    if (!Number.isFinite(value)) throw badInput('is a number too large for JSON', path);
    return value;
  }
  if (path.length >= maxLength) throw badInput(`is nested more than ${maxJsonDepth} deep`, path);
  const inside = (key: string | number, item: unknown): JsonValue => {
    path.push(key);
    const checked = checkedAt(item, path, maxLength);
    path.pop();
    return checked;
  };
  if (Array.isArray(value)) return value.map((item: unknown, index) => inside(index, item));
  if (typeof value !== 'object') throw badInput('is not JSON', path);
  if (inexactIntegerOf(value) !== undefined) throw badInput(inexactProblem, path);
  // `fromEntries` defines properties, so a key `__proto__` stays an ordinary key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [requireText(key, path), inside(key, item)]));
}

function valueOf(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return exactNumber(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item) => valueOf(item, variables));
    case Kind.OBJECT:
      // As in input objects: a variable that was not sent leaves its key out.
      return Object.fromEntries(
        node.fields
          .filter(({ value }) => value.kind !== Kind.VARIABLE || Object.hasOwn(variables, value.name.value))
          .map(({ name, value }) => [name.value, valueOf(value, variables)]),
      );
    case Kind.VARIABLE:
      return Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : null;
  }
}
