import { expect, test } from 'vitest';
import { z } from 'zod';
import { inputUri, objectsNamedIn, outputUri } from './objectUri.ts';

test('the objects that params name are found wherever the schema has them, with their path', () => {
  const page = z.strictObject({ source: inputUri.describe('A page.'), note: z.string().optional() });
  const schema = z
    .strictObject({
      cover: inputUri.optional(),
      output: outputUri.nullable().default(null),
      pages: z.array(page).readonly(),
      byName: z.record(z.string(), inputUri),
      pair: z.tuple([z.string(), outputUri]),
      either: z.union([z.strictObject({ to: outputUri }), z.strictObject({ from: inputUri })]),
      later: z.lazy(() => page),
      both: z.intersection(z.object({ left: inputUri }), z.object({ right: outputUri })),
      text: z.string(),
    })
    .refine(() => true);
  const params = {
    cover: 's3://files/cover',
    output: 's3://files/out',
    pages: [{ source: 's3://files/1', note: 's3://files/note' }, { source: 's3://files/2' }],
    byName: { last: 's3://files/last' },
    pair: ['s3://files/none', 's3://files/pair'],
    either: { from: 's3://files/from' },
    later: { source: 's3://files/later' },
    both: { left: 's3://files/left', right: 's3://files/right' },
    text: 's3://files/text',
  };
  expect(schema.safeParse(params).success).toBe(true);
  expect(objectsNamedIn(schema, params).map(({ path, use }) => `${path.join('.')} ${use}`)).toEqual([
    'cover read',
    'output written',
    'pages.0.source read',
    'pages.1.source read',
    'byName.last read',
    'pair.1 written',
    'either.from read',
    'later.source read',
    'both.left read',
    'both.right written',
  ]);
});

test('a field with the name of an inherited property is no part of the schema', () => {
  expect(objectsNamedIn(z.looseObject({}), { constructor: 's3://files/x', toString: 's3://files/y' })).toEqual([]);
});

test('the objects are found in a schema that refers to itself, or that is made again at every access', () => {
  const tree: z.ZodType = z.object({ source: inputUri.describe('A page.').optional(), parts: z.lazy(() => z.array(tree)).optional() });
  const endless = (): z.ZodType => z.lazy(() => z.object({ note: z.string().optional(), parts: z.array(endless()).optional() }));
  const params = { parts: [{ source: 's3://files/x' }, { note: 's3://files/y' }] };
  expect(objectsNamedIn(tree, params).map(({ path }) => path.join('.'))).toEqual(['parts.0.source']);
  expect(objectsNamedIn(endless(), params)).toEqual([]);
});
