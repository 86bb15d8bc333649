import {
  createSourceEventStream,
  execute,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  parse,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { JobError } from '../core/errors.ts';
import { createMemoryFeed } from '../core/feed/memory/memoryFeed.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { schema, toGraphQLError } from './index.ts';

/** The smallest valid value of a type, as a literal; `undefined` for one that may be left out. */
function minimal(type: GraphQLInputType): string | undefined {
  if (!isNonNullType(type)) return undefined;
  if (isListType(type.ofType)) return `[${minimal(type.ofType.ofType) ?? 'null'}]`;
  if (isEnumType(type.ofType)) return type.ofType.getValues()[0]?.name;
  if (!isInputObjectType(type.ofType)) return type.ofType.name === 'DateTime' ? '"2026-01-31T12:00:00Z"' : '"x"';
  const fields = Object.values(type.ofType.getFields()).flatMap((field) => given(field.name, minimal(field.type)));
  return `{ ${fields.join(', ')} }`;
}

const given = (name: string, literal: string | undefined): readonly string[] => (literal === undefined ? [] : [`${name}: ${literal}`]);

/** A call of a field with the arguments that it requires, for any field: one that is added later is tested too. */
function callOf({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const literals = args.flatMap((arg) => given(arg.name, minimal(arg.type)));
  return `${name}${literals.length === 0 ? '' : `(${literals.join(', ')})`} { __typename } # ${String(type)}`;
}

/** Only counting works here: a field that does anything before it is counted fails. */
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
