import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { jobTypesOf } from '../../core/jobList.ts';
import jobs from '../../jobs/index.ts';
import { schema } from '../../schema/index.ts';
import { examplesOf } from './graphiql.ts';

const examples = examplesOf(jobTypesOf(jobs));

it('has a valid example of every operation', () => {
  const documents = examples.map(({ query }) => parse(query));
  for (const document of documents) expect(validate(schema, document)).toEqual([]);
  const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  for (const field of fields) expect(examples.some(({ query }) => new RegExp(`\\b${field}\\b`).test(query))).toBe(true);
});
