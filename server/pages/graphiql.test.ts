import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '../../schema/index.ts';
import { examples } from './graphiql.ts';

it('has a valid example of every operation there is', () => {
  const documents = examples.map((example) => parse(example));
  for (const document of documents) expect(validate(schema, document)).toEqual([]);
  const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  for (const field of fields) expect(examples.some((example) => new RegExp(`\\b${field}\\b`).test(example))).toBe(true);
});
