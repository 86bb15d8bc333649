import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { as, expectServing, openGuarded, post, seenIn, transportNames, transports } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openGuarded({ environment: { MAX_REQUEST_BYTES: String(4 * 1024 ** 2) } });
});
afterAll(() => api[Symbol.asyncDispose]());

const create = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId params } } }';
const readBack = 'query ($jobId: ID!) { waitForJob(jobId: $jobId) { status params result } }';
const nested = (levels: number): unknown => {
  const value: unknown = JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
  return value;
};
/** Built from text: a literal's `__proto__` would set a prototype. */
const json = (text: string): unknown => JSON.parse(text);

describe.each(transportNames)('params, over %s', (transport) => {
  test.each([
    ['a key `__proto__`', json('{"__proto__":{"isAdmin":true},"a":1}')],
    ['keys of every object', json('{"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":null,"then":"x"}')],
    ['NUL and control characters', 'a\u0000b\u0001\u001f\u007f'],
    ['text in both directions, and emoji', 'שלום \u202e gnp.exe 👩‍👩‍👧‍👦'],
    ['line separators and markup', '\u2028\u2029</script><script>alert(1)</script>'],
    ['numbers at the edges', [0, -0, 1e-7, 1e21, 9007199254740991, 1.7976931348623157e308, 5e-324]],
    ['99 levels', nested(98)],
    ['empty things', [{}, [], '', null, false]],
    ['80 KB of text', 'ä'.repeat(40_000)],
    ['5,000 keys', Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]))],
  ])('%s is stored and given back unchanged', async (_what, payload) => {
    const caller = await as('mallory');
    const input = { type: 'simulate_work', params: { payload } };
    const made = await transports[transport](api, { query: create, variables: { input } }, caller);
    expect(made.codes).toEqual([]);
    const jobId = at(made.data, 'createJob', 'job', 'jobId');
    const read = await transports[transport](api, { query: readBack, variables: { jobId } }, caller);
    expect(read.data).toMatchObject({ waitForJob: { status: 'SUCCEEDED' } });
    // `-0` has no JSON of its own.
    const sent: unknown = JSON.parse(JSON.stringify(payload));
    // Not `toEqual`, which would print it all.
    for (const part of ['params', 'result']) expect(isDeepStrictEqual(at(read.data, 'waitForJob', part, 'payload'), sent), part).toBe(true);
    expect(Object.hasOwn({}, 'isAdmin')).toBe(false);
  });

  test.each([
    ['half a surrogate pair', { payload: ['\ud800'] }, ['params', 'payload', 0]],
    ['half a surrogate pair in a key', { payload: { '\udfff': 1 } }, ['params', 'payload']],
    ['101 levels', { payload: nested(101) }, undefined],
    ['more than 256 KB', { payload: 'x'.repeat(300_000) }, ['params']],
    ['a field of no such name', { duration: 1 }, ['params']],
    ['`__proto__` as a field', json('{"__proto__":{"durationMs":1}}'), ['params']],
    ['a value of the wrong type', { durationMs: '5' }, ['params', 'durationMs']],
    ['a list for an object', [], ['params']],
    ['text for an object', 'x', ['params']],
  ])('%s is BAD_USER_INPUT with its path', async (_what, params, path) => {
    const input = { type: 'simulate_work', params };
    const { codes, text } = await transports[transport](api, { query: create, variables: { input } }, await as('mallory'));
    expect(codes).toEqual(['BAD_USER_INPUT']);
    if (path !== undefined)
      expect(at(json(text.replace(/^[^{]*/, '').split('\n')[0] ?? ''), 'errors', 0, 'extensions', 'path')).toEqual(path);
    expect(text.length).toBeLessThan(4000);
    await expectServing(api);
  });

  test.each([
    ['`NaN`', 'NaN'],
    ['`1e400`', '1e400'],
    ['`-Infinity`', '-Infinity'],
    ['half a surrogate pair', '"\\uD800"'],
  ])('%s as a literal is refused', async (_what, literal) => {
    const query = `mutation { createJob(input: { type: "simulate_work", params: { payload: [${literal}] } }) { job { params } } }`;
    const { codes, data } = await transports[transport](api, { query }, await as('mallory'));
    // `NaN` is an enum's name to GraphQL, and no number.
    if (literal === 'NaN') expect(data).toMatchObject({ createJob: { job: { params: { payload: ['NaN'] } } } });
    else expect(['BAD_USER_INPUT', 'GRAPHQL_PARSE_FAILED']).toContain(codes[0]);
  });

  test.each([
    ['a type', { type: 'simulate_work\u001b[31m\nlevel=fatal' }, 'UNKNOWN_JOB_TYPE'],
    ['a type of every object', { type: '__proto__' }, 'UNKNOWN_JOB_TYPE'],
    ['a type of every object’s constructor', { type: 'constructor' }, 'UNKNOWN_JOB_TYPE'],
    ['a type of a megabyte', { type: 'x'.repeat(1_000_000) }, 'UNKNOWN_JOB_TYPE'],
    ['a key of 256 characters', { type: 'simulate_work', idempotencyKey: 'k'.repeat(256) }, 'BAD_USER_INPUT'],
    ['an empty key', { type: 'simulate_work', idempotencyKey: '' }, 'BAD_USER_INPUT'],
    ['a delay below zero', { type: 'simulate_work', delaySeconds: -1 }, 'BAD_USER_INPUT'],
    ['a delay beyond numbers', { type: 'simulate_work', delaySeconds: 2 ** 31 }, 'BAD_USER_INPUT'],
  ])('%s that is wrong is answered with its code, and is not repeated at length', async (_what, input, code) => {
    const { codes, text } = await transports[transport](api, { query: create, variables: { input } }, await as('mallory'));
    expect(codes).toEqual([code]);
    expect(text.length).toBeLessThan(4000);
    await expectServing(api);
  });
});

test('10,000 levels are BAD_USER_INPUT over HTTP and WebSocket', async () => {
  const levels = `${'['.repeat(10_000)}1${']'.repeat(10_000)}`;
  const body = `{"query":${JSON.stringify(create)},"variables":{"input":{"type":"simulate_work","params":{"payload":${levels}}}}}`;
  const caller = await as('mallory');
  expect(seenIn(await (await post(api, body, caller)).text()).codes).toEqual(['BAD_USER_INPUT']);
  const socket = await openSocket(api.url, caller);
  socket.send(`{"id":"1","type":"subscribe","payload":${body}}`);
  const [message] = await socket.messages(1);
  expect(at(message, 'payload', 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
  socket.end();
  await expectServing(api);
});

test('a number that JSON reads as infinite is refused with its path', async () => {
  const body = `{"query":${JSON.stringify(create)},"variables":{"input":{"type":"simulate_work","params":{"payload":[1,1e400]}}}}`;
  const { codes } = seenIn(await (await post(api, body, await as('mallory'))).text());
  expect(codes).toEqual(['BAD_USER_INPUT']);
});
