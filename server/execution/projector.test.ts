import fc from 'fast-check';
import {
  execute,
  getNamedType,
  getOperationAST,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { monotonic } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWorkerView } from '../../core/usecases/workers.ts';
import { coerceVariables, schema, type ApiContext } from '../../schema/index.ts';
import { inline, makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { startSystem, type System } from '../../test/support/startSystem.ts';
import { payloadOf } from './payload.ts';
import { compileProjector, type Projector } from './projector.ts';

const alias = fc.option(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'jobId', 'x1'), { nil: undefined, freq: 3 });
const directives = fc.option(
  fc.constantFrom(
    '@include(if: $yes)',
    '@include(if: $no)',
    '@skip(if: $yes)',
    '@skip(if: $no)',
    '@skip(if: false)',
    '@include(if: true) @skip(if: $no)',
    '@include(if: $byDefault)',
    '@skip(if: $byDefault) @include(if: $yes)',
  ),
  { nil: undefined, freq: 3 },
);
const words = (...parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined).join(' ');

/** A job’s neighbours, and what is kept beside it. */
const readElsewhere = new Set(['workflow', 'parent', 'dependsOn', 'dependants', 'steps', 'outputs']);

/** Everything but what is read from the table, such as pages: it knows nothing of the jobs that are made up here. */
function fieldsOf(type: GraphQLObjectType): readonly GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).filter(({ name, args }) => args.length === 0 && !readElsewhere.has(name));
}

/**
 * A random selection of the schema's fields, including fields that are added later; a job may contain other jobs, so its depth
 * is limited.
 */
function selectionOf(type: GraphQLObjectType, levels = 4): fc.Arbitrary<string> {
  const fields = fieldsOf(type).flatMap((field) => {
    const named = getNamedType(field.type);
    if (isObjectType(named) && levels === 1) return [];
    return [called(field.name, isObjectType(named) ? selectionOf(named, levels - 1) : fc.constant(undefined))];
  });
  const item = fc.oneof(...fields, called('__typename', fc.constant(undefined)));
  const inline = fc
    .tuple(fc.boolean(), directives, fc.array(item, { minLength: 1, maxLength: 3 }))
    .map(([isNamed, on, items]) => words('...', isNamed ? `on ${type.name}` : undefined, on, `{ ${items.join(' ')} }`));
  const spread = directives.map((on) => words(`...${type.name}All`, on));
  return fc
    .array(fc.oneof({ weight: 6, arbitrary: item }, { weight: 1, arbitrary: inline }, { weight: 1, arbitrary: spread }), {
      minLength: 1,
      maxLength: 7,
    })
    .map((items) => `{ ${items.join(' ')} }`);
}

function called(name: string, below: fc.Arbitrary<string | undefined>): fc.Arbitrary<string> {
  return fc
    .tuple(alias, directives, below)
    .map(([as, on, selection]) => words(as === undefined ? undefined : `${as}:`, name, on, selection));
}

function objectType(name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`the schema has no object type ${name}`);
  return type;
}

/** The type, and what is below it. */
function typesFrom(type: GraphQLObjectType, found = new Set<GraphQLObjectType>()): ReadonlySet<GraphQLObjectType> {
  if (found.has(type)) return found;
  found.add(type);
  for (const field of fieldsOf(type)) {
    const named = getNamedType(field.type);
    if (isObjectType(named)) typesFrom(named, found);
  }
  return found;
}

/** One fragment a type, each spreading those of the types below it that come later: none spreads itself. */
const fragments = [...typesFrom(objectType('JobStatusEvent'))]
  .map((type, index, types) => {
    const fields = fieldsOf(type).map((field) => {
      const named = getNamedType(field.type);
      if (!isObjectType(named)) return field.name;
      return types.indexOf(named) > index
        ? `${field.name} { ...${named.name}All @include(if: $yes) __typename }`
        : `${field.name} { __typename }`;
    });
    return `fragment ${type.name}All on ${type.name} { ${fields.join(' ')} }`;
  })
  .join('\n');

/** Values of the fields' types, and, where `oddity` allows it, others. */
function valueOf(type: GraphQLOutputType, oddity: number): fc.Arbitrary<unknown> {
  if (!isNonNullType(type)) return fc.option(rightValueOf(type, oddity), { nil: undefined, freq: 3 });
  return rightValueOf(type.ofType, oddity);
}

function rightValueOf(type: GraphQLOutputType, oddity: number): fc.Arbitrary<unknown> {
  const right = usualValueOf(type, oddity);
  return oddity === 0 ? right : fc.oneof({ weight: 100 - oddity, arbitrary: right }, { weight: oddity, arbitrary: odd });
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, 'nonsense', 1.5, -0, NaN, Infinity, 1e300, 2 ** 31, {}, [], [null], true, 10n, Symbol('odd')),
  fc.constantFrom<unknown>(() => 3, new Error('a value that is an error'), Promise.resolve('later'), new Date(0), new Set(['item'])),
  fc.constant({ toJSON: () => 'as it likes' }),
);

const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string());

function usualValueOf(type: GraphQLOutputType, oddity: number): fc.Arbitrary<unknown> {
  if (isListType(type)) return fc.array(valueOf(type.ofType, oddity), { maxLength: 3 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ value }): unknown => value));
  if (isLeafType(type)) {
    const byName: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
      Int: fc.integer(),
      Float: fc.double({ noNaN: true, noDefaultInfinity: true }),
      Boolean: fc.boolean(),
      DateTime: fc.integer({ min: 0, max: 4e12 }),
      JSON: fc.jsonValue(),
    };
    return byName[type.name] ?? texts;
  }
  if (!isObjectType(type)) throw new Error(`no values of ${String(type)}`);
  return fc.record(recordOf(type, oddity));
}

function recordOf(type: GraphQLObjectType, oddity: number): Record<string, fc.Arbitrary<unknown>> {
  const fields = Object.values(type.getFields()).filter(({ resolve }) => resolve === undefined);
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type, oddity)]));
}

const owner = 'owner-1';
const eventOf = (oddity: number): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc.record({ ...recordOf(objectType('JobStatusEvent'), oddity), owner: fc.constant(owner) });
const jobOf = (oddity: number): fc.Arbitrary<object | undefined> =>
  fc.option(
    fc
      .tuple(
        fc.record({
          ...recordOf(objectType('Job'), oddity),
          owner: fc.constantFrom(owner, owner, owner, 'another'),
          params: fc.oneof(texts, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null), fc.array(texts)).map(inline),
          expiresAt: fc.option(fc.nat(4e9), { nil: undefined }),
        }),
      )
      .map(([changes]) => ({ ...makeJob(), ...changes })),
    { nil: undefined, freq: 6 },
  );

describe('the projector', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ engine: 'embedded', parts: [] });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  interface Given {
    readonly selection: string;
    readonly as: string | undefined;
    readonly event: Readonly<Record<string, unknown>>;
    readonly job: object | undefined;
    readonly yes: boolean;
  }

  function given(oddity: number): fc.Arbitrary<Given> {
    return fc.record({
      selection: selectionOf(objectType('JobStatusEvent')),
      as: alias,
      event: eventOf(oddity),
      job: jobOf(oddity),
      yes: fc.boolean(),
    });
  }

  function contextFinding(job: object | undefined): ApiContext {
    // Whatever was found, a job or not: the resolvers look at it.
    const found = (): Promise<Job | undefined> => Promise.resolve(z.custom<Job | undefined>().parse(job));
    const table: Core['table'] = { ...system.core.table, get: found, getMany: async (ids) => Promise.all(ids.map(found)) };
    const signal = new AbortController().signal;
    const spend = (): Promise<void> => Promise.resolve();
    return {
      core: { ...system.core, table },
      watches: system.watches,
      workers: createWorkerView(system.core, monotonic),
      owner,
      isAdmin: false,
      mayOperate: false,
      spend,
      answer: { add: () => undefined },
      traceId: 'trace',
      log: silentLog,
      signal,
    };
  }

  /** graphql-js' answer, and the projected one; `undefined` where graphql-js has to answer. */
  async function bothOf({ selection, as, event, job, yes }: Given) {
    const root = words(as === undefined ? undefined : `${as}:`, 'jobStatusChanged(jobId: $jobId)', selection);
    const text = `subscription S($yes: Boolean!, $no: Boolean!, $byDefault: Boolean! = ${yes}, $jobId: ID) { ${root} } ${fragments}`;
    const document = parse(text);
    // Conflicting aliases give no answer; unused variables and fragments do not matter here.
    fc.pre(validate(schema, document).every(({ message }) => message.includes('never used')));
    const variableValues = { yes, no: !yes, jobId: 'x' };
    const operation = getOperationAST(document);
    if (operation === null || operation === undefined) throw new Error('there is no operation');
    const { coerced = {} } = coerceVariables(schema, operation, variableValues, { document, hideSuggestions: false, maxBytes: Infinity });
    const project = compileProjector({ schema, document, coerced });
    if (project === undefined) throw new Error('it was not compiled');
    const contextValue = contextFinding(job);
    const wanted = await settled(async () =>
      payloadOf(await execute({ schema, document, variableValues, contextValue, rootValue: event })),
    );
    return { wanted, projected: await projectedOf(project, event, contextValue) };
  }

  async function projectedOf(project: Projector, event: object, context: ApiContext): Promise<string | undefined> {
    try {
      return await project(event, context);
    } catch {
      return undefined;
    }
  }

  /** What cannot be JSON, such as a BigInt, makes an answer throw when it is written. */
  async function settled(answer: () => Promise<string>): Promise<string> {
    try {
      return await answer();
    } catch (error) {
      return `throws ${String(error)}`;
    }
  }

  test('writes exactly what graphql-js answers, whatever is selected', async () => {
    await fc.assert(
      fc.asyncProperty(given(0), async (one) => {
        const { wanted, projected } = await bothOf(one);
        expect(projected).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });

  test('leaves to graphql-js what it does not understand, and says nothing that graphql-js would not', async () => {
    let left = 0;
    await fc.assert(
      fc.asyncProperty(given(4), async (one) => {
        const { wanted, projected } = await bothOf(one);
        if (projected === undefined) left += 1;
        else expect(projected).toBe(wanted);
      }),
      { numRuns: 500 },
    );
    expect(left).toBeGreaterThan(0);
  });
});
