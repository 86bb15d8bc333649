import { createSourceEventStream, execute, parse, type GraphQLField } from 'graphql';
import { describe, expect, test } from 'vitest';
import { JobError } from '../core/errors.ts';
import { createMemoryFeed } from '../core/feed/memory/memoryFeed.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { schema, toGraphQLError } from './index.ts';

const minimal: Readonly<Record<string, string>> = {
  'ID!': '"x"',
  'CreateJobInput!': '{ type: "simulate_work" }',
  '[CreateJobInput!]!': '[{ type: "simulate_work" }]',
};

/** A field with the arguments it needs, whichever field it is: one that is added later is tested too. */
function callOf({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.flatMap((arg) => (minimal[String(arg.type)] === undefined ? [] : [`${arg.name}: ${minimal[String(arg.type)]}`]));
  return `${name}${given.length === 0 ? '' : `(${given.join(', ')})`} { __typename } # ${String(type)}`;
}

/** Everything but counting is out of reach: whoever gets past it fails otherwise. */
const contextValue = {
  owner: 'alice',
  isAdmin: false,
  log: silentLog,
  feed: createMemoryFeed(),
  spend: () => Promise.reject(new JobError('RATE_LIMITED', { retryAfterSeconds: 7 })),
};

const code = (error: unknown): unknown => toGraphQLError(error, { log: silentLog }).extensions;

describe('counts towards the owner’s rate, before it does anything:', () => {
  test.each(Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => [field.name, callOf(field)]))(
    '%s',
    async (_name, call) => {
      const { errors = [] } = await execute({ schema, document: parse(`mutation { ${call}\n}`), contextValue });
      expect(errors.map(code)).toMatchObject([{ code: 'RATE_LIMITED', retryAfterSeconds: 7 }]);
    },
  );

  test.each(Object.values(schema.getSubscriptionType()?.getFields() ?? {}).map((field) => [field.name, callOf(field)]))(
    '%s',
    async (_name, call) => {
      const stream = await createSourceEventStream({ schema, document: parse(`subscription { ${call}\n}`), contextValue });
      expect('errors' in stream && stream.errors?.map(code)).toMatchObject([{ code: 'RATE_LIMITED' }]);
    },
  );

  test('waitForJob', async () => {
    const { errors = [] } = await execute({ schema, document: parse('{ waitForJob(jobId: "x") { status } }'), contextValue });
    expect(errors.map(code)).toMatchObject([{ code: 'RATE_LIMITED' }]);
  });
});
