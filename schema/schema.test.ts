import { readFile } from 'node:fs/promises';
import { isEnumType, isInputObjectType, isObjectType, printSchema, validateSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from './index.ts';

describe('the schema', () => {
  it('is valid, and equal to the file in the repository', async () => {
    expect(validateSchema(schema)).toEqual([]);
    const checkedIn = await readFile(new URL('schema.graphql', import.meta.url), 'utf8');
    expect(`${printSchema(schema)}\n`).toBe(checkedIn);
  });

  it('describes every type, field, argument and value', () => {
    const silent = Object.values(schema.getTypeMap())
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) => [
        { place: type.name, description: type.description },
        ...(isEnumType(type) ? type.getValues() : []).map((value) => ({ place: `${type.name}.${value.name}`, ...value })),
        ...(isInputObjectType(type) ? Object.values(type.getFields()) : []).map((field) => ({
          place: `${type.name}.${field.name}`,
          ...field,
        })),
        ...(isObjectType(type) ? Object.values(type.getFields()) : []).flatMap((field) => [
          { place: `${type.name}.${field.name}`, ...field },
          ...field.args.map((arg) => ({ place: `${type.name}.${field.name}(${arg.name})`, ...arg })),
        ]),
      ])
      .filter(({ description }) => !description)
      .map(({ place }) => place);
    expect(silent).toEqual([]);
  });
});
