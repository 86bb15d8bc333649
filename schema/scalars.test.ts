import fc from 'fast-check';
import { parseValue, valueFromAST } from 'graphql';
import { describe, expect, it } from 'vitest';
import { JobError } from '../core/errors.ts';
import { checkedJson, DateTimeScalar, JsonScalar, maxJsonDepth } from './scalars.ts';

describe('DateTime', () => {
  it('is written like a date in JavaScript, one time after the other', () => {
    const times = [0, -0.5, -1, 999, 1000, 999.9, 1_700_000_000_123, 1_700_000_000_999.5, 253_402_300_800_000, 8.64e15, -8.64e15];
    for (const time of [...times, ...times.toReversed()]) expect(DateTimeScalar.serialize(time)).toBe(new Date(time).toISOString());
    fc.assert(
      fc.property(fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }), (time) => {
        expect(DateTimeScalar.serialize(time)).toBe(new Date(time).toISOString());
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 2, '2026', null])('is not %s', (value) => {
    expect(() => DateTimeScalar.serialize(value)).toThrow();
  });
});

describe('JSON', () => {
  it('reads a literal as the same JSON sent as a variable', () => {
    const literal = parseValue('{text: "a", list: [1, 2.5, -3], on: true, off: false, none: null, word: WORD, inner: {a: {b: []}}}');
    expect(valueFromAST(literal, JsonScalar)).toEqual({
      text: 'a',
      list: [1, 2.5, -3],
      on: true,
      off: false,
      none: null,
      word: 'WORD',
      inner: { a: { b: [] } },
    });
  });

  it('fills variables into a literal', () => {
    expect(JsonScalar.parseLiteral(parseValue('{a: $x, b: [$y]}'), { x: { deep: 1 } })).toEqual({ a: { deep: 1 }, b: [null] });
  });

  it('keeps the keys __proto__ and constructor, without any effect', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}';
    for (const sent of [
      JSON.parse(text),
      valueFromAST(parseValue('{__proto__: {polluted: true}, constructor: {prototype: 1}}'), JsonScalar),
    ]) {
      const kept = checkedJson(sent, ['params']);
      expect(JSON.stringify(kept)).toBe(text);
      expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('refuses a number that JSON cannot express, and names its place', () => {
    for (const sent of [JSON.parse('{"rows":[1,1e400]}'), valueFromAST(parseValue('{rows: [1, 1e400]}'), JsonScalar)]) {
      expect(problemOf(() => checkedJson(sent, ['params']))).toMatchObject({
        code: 'BAD_USER_INPUT',
        details: { path: ['params', 'rows', 1] },
      });
    }
  });

  it(`refuses more than ${maxJsonDepth} levels, however many more`, () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    expect(checkedJson(nested(maxJsonDepth), [])).toBeDefined();
    for (const levels of [maxJsonDepth + 1, 500_000]) {
      const problem = problemOf(() => checkedJson(nested(levels), ['params']));
      expect(problem.code).toBe('BAD_USER_INPUT');
      expect(problem.message.length).toBeLessThan(100);
    }
  });

  it('gives back NUL, emoji and empty keys unchanged', () => {
    const sent = { '': '\0', emoji: '🎫', long: 'x'.repeat(100_000) };
    expect(checkedJson(sent, [])).toEqual(sent);
  });

  it('refuses half a surrogate pair, in values and in keys', () => {
    for (const sent of [{ text: '\ud800' }, { '\udc00': 1 }]) {
      expect(problemOf(() => checkedJson(sent, ['params'])).code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('DateTime', () => {
  it('is written in UTC with milliseconds', () => {
    expect(DateTimeScalar.serialize(Date.UTC(2026, 0, 31, 12))).toBe('2026-01-31T12:00:00.000Z');
  });

  it('is read with any offset, as a literal and as a variable', () => {
    const moment = Date.UTC(2026, 0, 31, 12);
    for (const text of ['2026-01-31T12:00:00Z', '2026-01-31T13:00:00.000+01:00', '2026-01-31t12:00z', '2026-02-01T01:30:00+13:30']) {
      expect(DateTimeScalar.parseValue(text)).toBe(moment);
      expect(valueFromAST(parseValue(JSON.stringify(text)), DateTimeScalar)).toBe(moment);
    }
  });

  it('is refused without an offset, and where the date does not exist', () => {
    for (const text of [
      '2026-01-31T12:00:00',
      '2026-01-31',
      '2026-02-30T12:00:00Z',
      '2026-01-31T25:00:00Z',
      'yesterday',
      '',
      '1e3',
      12,
      null,
    ])
      expect(() => DateTimeScalar.parseValue(text)).toThrow();
  });

  it('is never made up from a text that is not a time', () => {
    expect(() => DateTimeScalar.serialize(Number.NaN)).toThrow();
    expect(() => DateTimeScalar.serialize('yesterday')).toThrow();
  });
});

function problemOf(act: () => unknown): JobError {
  try {
    act();
  } catch (error) {
    if (error instanceof JobError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
