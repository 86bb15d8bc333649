// The job types whose forms it shows are code for Node.
/// <reference types="node" />
import { describe, expect, test } from 'vitest';
import { jsonSchemasOf } from '../core/jobType.ts';
import jobs from '../jobs/index.ts';
import { simulateWork } from '../jobs/simulateWork/type.ts';
import { fieldsOf, hasFieldsFor, paramsOf, valuesOf } from './paramsForm.ts';

describe('the form of a type', () => {
  test.each(jobs.map(({ type }) => type))('$name: its example passes through the form unchanged', (type) => {
    const { example } = type;
    const paramsSchema = jsonSchemasOf(type).params;
    const fields = fieldsOf(paramsSchema) ?? [];
    expect(fields.length).toBeGreaterThan(1);
    const { params } = { params: {}, ...paramsOf(fields, valuesOf(fields, example)) };
    if (typeof example !== 'object' || example === null) throw new Error('the example is no object');
    expect(params).toMatchObject(example);
  });

  test('has an input of the right kind, with its limits, for each property', () => {
    const fields = fieldsOf(jsonSchemasOf(simulateWork).params) ?? [];
    expect(fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'durationMs number',
      'failAttempts number',
      'failPermanently checkbox',
      'steps number',
      'payload json',
    ]);
    expect(fields[0]).toMatchObject({ min: 0, max: 60_000, isWhole: true, isRequired: false, byDefault: '0' });
    // Zod writes "no limit" as the largest whole number there is.
    expect(fields[1]?.max).toBeUndefined();
  });

  test('says which field is missing or is not what it should be, and leaves out what is empty', () => {
    const fields = fieldsOf({ type: 'object', required: ['a'], properties: { a: { type: 'string' }, n: { type: 'number' }, j: {} } }) ?? [];
    expect(paramsOf(fields, { a: '' })).toMatchObject({ field: 'a' });
    expect(paramsOf(fields, { a: 'x', n: 'many' })).toMatchObject({ field: 'n' });
    expect(paramsOf(fields, { a: 'x', j: '{' })).toMatchObject({ field: 'j' });
    expect(paramsOf(fields, { a: 'x', n: '', j: '[1]' })).toEqual({ params: { a: 'x', j: [1] } });
  });

  test('cannot show params for which it has no field: those would be lost', () => {
    const fields = fieldsOf({ type: 'object', properties: { a: { type: 'string' } } }) ?? [];
    expect(hasFieldsFor(fields, { a: 'x' })).toBe(true);
    expect(hasFieldsFor(fields, { a: 'x', b: 1 })).toBe(false);
    expect(hasFieldsFor(fields, ['a'])).toBe(false);
  });

  test('does not exist where the params are not a plain object', () => {
    expect(fieldsOf({ anyOf: [] })).toBeUndefined();
  });
});
