import {
  graphql,
  GraphQLEnumType,
  GraphQLError,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  type GraphQLFieldConfig,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { errorCatalogue, JobError, type ErrorCode } from '../core/errors.ts';
import { createLog } from '../telemetry/log.ts';
import { toGraphQLError, toProblem } from './errors.ts';

describe('toGraphQLError', () => {
  it('shows each error of the catalogue with its code and what to do', async () => {
    for (const code of errorCodes) {
      const { message, whatToDo } = errorCatalogue[code];
      const { answer, logged } = await answerTo(() => {
        throw new JobError(code);
      });
      expect(answer.message).toBe(message);
      expect(answer.extensions).toMatchObject({ code, whatToDo });
      expect(answer.path).toEqual(['field']);
      expect(logged).toEqual([]);
    }
  });

  it('passes on path, jobId and retryAfterSeconds', async () => {
    const details = { message: 'rows.3: not a number', path: ['params', 'rows', 3], jobId: '01J', retryAfterSeconds: 7 };
    const { answer } = await answerTo(() => {
      throw new JobError('BAD_USER_INPUT', details);
    });
    expect(answer.message).toBe(details.message);
    expect(answer.extensions).toMatchObject({ path: details.path, jobId: '01J', retryAfterSeconds: 7 });
  });

  it('masks everything else, logs it once, and gives the traceId to find it by', async () => {
    const secrets: unknown[] = [
      new Error('secret'),
      new GraphQLError('secret'),
      'secret',
      undefined,
      Object.assign(new Error('secret'), { extensions: { code: 'secret' } }),
    ];
    for (const secret of secrets) {
      const { answer, logged } = await answerTo(() => {
        throw secret;
      });
      expect(answer.message).toBe('Something went wrong on our side');
      expect(answer.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', traceId });
      expect(JSON.stringify(answer)).not.toContain('secret');
      expect(logged).toHaveLength(1);
      expect(logged[0]).toContain(traceId);
    }
  });

  it('masks a result that does not fit the schema', async () => {
    const secretly = new GraphQLEnumType({ name: 'Word', values: { KNOWN: {} } });
    const { answer } = await answerTo(() => 'secret', { type: secretly });
    expect(answer.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('can be asked twice: the second answer is the first', () => {
    const { reporter, logged } = recorder();
    const first = toGraphQLError(new Error('secret'), reporter);
    expect(toGraphQLError(first, reporter)).toBe(first);
    expect(toGraphQLError(new GraphQLError(first.message, { originalError: first }), reporter).extensions).toEqual(first.extensions);
    expect(logged).toHaveLength(1);
  });

  it('calls an argument that does not fit BAD_USER_INPUT', async () => {
    const { answer } = await answerTo(() => 'never', { args: { n: { type: GraphQLInt } } }, 'query ($n: Int!) { field(n: $n) }', {
      n: 'x'.repeat(100_000),
    });
    expect(answer.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(answer.message.length).toBeLessThan(1100);
  });

  it('logs nothing as an error when the client has left', async () => {
    const { logged } = await answerTo(() => {
      throw new DOMException('gone', 'AbortError');
    });
    expect(logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe('toProblem', () => {
  it('returns the same as data', () => {
    const { reporter } = recorder();
    expect(toProblem(new JobError('UNKNOWN_JOB_TYPE', { path: ['type'] }), reporter)).toMatchObject({
      code: 'UNKNOWN_JOB_TYPE',
      path: ['type'],
    });
    expect(toProblem(new Error('secret'), reporter)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', traceId });
  });
});

const errorCodes = Object.keys(errorCatalogue).filter((name): name is ErrorCode => name in errorCatalogue);
const traceId = '0af7651916cd43dd8448eb211c80319c';

/** What a client reads when the resolver of `{ field }` does this. */
async function answerTo(
  resolve: () => unknown,
  field: Partial<GraphQLFieldConfig<unknown, unknown>> = {},
  source = '{ field }',
  variableValues: Record<string, unknown> = {},
) {
  const query = new GraphQLObjectType({ name: 'Query', fields: { field: { type: GraphQLString, ...field, resolve } } });
  const { errors } = await graphql({ schema: new GraphQLSchema({ query }), source, variableValues });
  const { reporter, logged } = recorder();
  const [error] = errors ?? [];
  return { answer: toGraphQLError(error, reporter), logged };
}

function recorder() {
  const logged: string[] = [];
  const log = createLog({ level: 'debug', part: 'test' }, { write: (line) => logged.push(line) });
  return { reporter: { log, traceId }, logged };
}
