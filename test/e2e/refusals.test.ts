import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { refusalCatalogue, type RefusalCode } from '../../core/errors.ts';
import { requestText, sendRaw, type RawAnswer } from '../support/rawHttp.ts';
import { at, openApiSystem, type ApiSystem } from './apiSystem.ts';
import { openSocket } from './testSocket.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openApiSystem({
    works: false,
    environment: { HEADERS_TIMEOUT_SECONDS: '1', REQUEST_TIMEOUT_SECONDS: '1', MAX_SOCKETS: '1', MAX_OPERATION_COST: '100' },
  });
});
afterAll(() => api[Symbol.asyncDispose]());
const json = { 'Content-Type': 'application/json' };
const post = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> =>
  sendRaw(api.url, requestText('POST /graphql', { ...json, ...headers }, body));
const postQuery = (query: string, accept: string): Promise<RawAnswer> => post(JSON.stringify({ query }), { Accept: accept });
const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> =>
  sendRaw(api.url, requestText(`GET ${path}`, headers));
const [plain, strict] = ['application/json', 'application/graphql-response+json'];
const subscription = 'subscription { jobStatusChanged { version } }';

type Attempt = readonly [what: string, code: RefusalCode, status: number, send: () => Promise<RawAnswer>];

const attempts: readonly Attempt[] = [
  ['a body that is not JSON', 'BAD_REQUEST', 400, () => post('{')],
  ['broken variables by GET', 'BAD_REQUEST', 400, () => get('/graphql?query=%7B__typename%7D&variables=%7Bbroken')],
  ['variables by GET that are no object', 'BAD_REQUEST', 400, () => get('/graphql?query=%7B__typename%7D&variables=5')],
  ['broken extensions by GET', 'BAD_REQUEST', 400, () => get('/graphql?query=%7B__typename%7D&extensions=%7Bbroken')],
  ['no query', 'BAD_REQUEST', 400, () => get('/graphql')],
  [
    'two lengths',
    'BAD_REQUEST',
    400,
    () => sendRaw(api.url, requestText('POST /graphql', { ...json, 'Content-Length': '5\r\nContent-Length: 6' })),
  ],
  ['what is no GraphQL, asked for as plain JSON', 'GRAPHQL_PARSE_FAILED', 200, () => postQuery('{', plain)],
  ['what is no GraphQL', 'GRAPHQL_PARSE_FAILED', 400, () => postQuery('{', strict)],
  ['a field there is not, asked for as plain JSON', 'GRAPHQL_VALIDATION_FAILED', 200, () => postQuery('{ nope }', plain)],
  ['a field there is not', 'GRAPHQL_VALIDATION_FAILED', 400, () => postQuery('{ nope }', strict)],
  [
    'an operation that is not in the document',
    'OPERATION_RESOLUTION_FAILURE',
    400,
    () => post('{"query":"query A { __typename }","operationName":"B"}'),
  ],
  ['an empty operationName', 'OPERATION_RESOLUTION_FAILURE', 400, () => post('{"query":"query A { __typename }","operationName":""}')],
  ['one of two operations', 'OPERATION_RESOLUTION_FAILURE', 400, () => post('{"query":"query A { __typename } query B { __typename }"}')],
  ['a document of 100 KB', 'DOCUMENT_TOO_LARGE', 400, () => post(JSON.stringify({ query: `{ __typename } #${'x'.repeat(100_000)}` }))],
  [
    'a costly operation, asked for as plain JSON',
    'OPERATION_TOO_COSTLY',
    200,
    () => postQuery('{ jobs(first: 100) { edges { node { params } } } }', plain),
  ],
  ['a costly operation', 'OPERATION_TOO_COSTLY', 400, () => postQuery('{ jobs(first: 100) { edges { node { params } } } }', strict)],
  ['an image', 'NOT_ACCEPTABLE', 406, () => postQuery('{ __typename }', 'image/png')],
  ['no media type at all', 'NOT_ACCEPTABLE', 406, () => postQuery('{ __typename }', '*/*;q=0')],
  ['a subscription as plain JSON', 'NOT_ACCEPTABLE', 406, () => postQuery(subscription, plain)],
  [
    'a body that does not come',
    'REQUEST_TIMEOUT',
    408,
    () => sendRaw(api.url, requestText('POST /graphql', { ...json, 'Content-Length': '10' })),
  ],
  ['a head that does not end', 'REQUEST_TIMEOUT', 408, () => sendRaw(api.url, 'GET /graphql HTTP/1.1\r\nHost: localhost\r\n')],
  ['a body of 2 MB', 'REQUEST_ENTITY_TOO_LARGE', 413, () => post('x'.repeat(2_000_000))],
  ['plain text', 'UNSUPPORTED_MEDIA_TYPE', 415, () => post('{}', { 'Content-Type': 'text/plain' })],
  ['a compressed body', 'UNSUPPORTED_MEDIA_TYPE', 415, () => post('{}', { 'Content-Encoding': 'gzip' })],
  ['a single connection of graphql-sse', 'SINGLE_CONNECTION_MODE', 405, () => sendRaw(api.url, requestText('PUT /graphql'))],
  ['an operation on a single connection', 'SINGLE_CONNECTION_MODE', 400, () => post('{}', { 'X-GraphQL-Event-Stream-Token': 't' })],
  ['20 KB of headers', 'REQUEST_HEADERS_TOO_LARGE', 431, () => get('/graphql', { X: 'x'.repeat(20_000) })],
  ['a page of a foreign origin', 'FOREIGN_ORIGIN', 403, () => post('{}', { Origin: 'https://evil.example' })],
  ['a foreign host', 'FOREIGN_HOST', 403, () => post('{}', { Host: 'evil.example' })],
  ['another method', 'METHOD_NOT_ALLOWED', 405, () => sendRaw(api.url, requestText('DELETE /graphql'))],
  [
    'a mutation by GET',
    'METHOD_NOT_ALLOWED',
    405,
    () => get('/graphql?query=mutation%7BcancelJob(input:%7BjobId:1%7D)%7Bjob%7BjobId%7D%7D%7D'),
  ],
  ['another method beside the API', 'METHOD_NOT_ALLOWED', 405, () => sendRaw(api.url, requestText('POST /healthz'))],
  ['another path', 'NOT_FOUND', 404, () => get('/nothing')],
  ['one socket too many', 'TOO_MANY_SOCKETS', 503, secondSocket],
];

const upgrade = { Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };

async function secondSocket(): Promise<RawAnswer> {
  const first = await openSocket(api.url);
  const answer = await get('/graphql', { ...upgrade, Upgrade: 'websocket' });
  first.end();
  return answer;
}

describe('a refusal has its documented status, its code and what to do:', () => {
  test.each(attempts)('%s is %s (%s)', async (_what, code, status, send) => {
    const { status: answered, head, body } = await send();
    const answer: unknown = JSON.parse(body);
    expect(at(answer, 'errors')).toMatchObject([{ extensions: { code, whatToDo: refusalCatalogue[code].whatToDo } }]);
    expect(answered).toBe(status);
    expect(head.toLowerCase()).toContain('content-type: application/');
    expect(refusalCatalogue[code].status.split(', ')).toContain(String(status));
  });

  test('every one there is', () => {
    const met = new Map(
      attempts.map(([, code]) => [code, attempts.filter((attempt) => attempt[1] === code).map((attempt) => String(attempt[2]))]),
    );
    // Faults of the server cannot be caused here; test/e2e/apiShutdown and the masking's own tests cover them.
    for (const [code, { status }] of Object.entries(refusalCatalogue).filter(([name]) => name !== 'INTERNAL_SERVER_ERROR')) {
      const statuses = [...met].find(([name]) => name === code)?.[1] ?? [];
      expect([code, [...new Set(statuses)].toSorted()]).toEqual([code, status.split(', ')]);
    }
  });

  test('and stands in docs/errors.md', async () => {
    const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    for (const [code, { status }] of Object.entries(refusalCatalogue)) expect(page).toContain(`| \`${code}\` | ${status} |`);
  });
});

describe('what a client may do', () => {
  test.each(['Application/JSON', 'APPLICATION/JSON; CHARSET=UTF-8', 'application/json;charset="utf-8"'])('send %s', async (contentType) => {
    const { status, body } = await post('{"query":"{ __typename }"}', { 'Content-Type': contentType, Accept: 'Application/JSON' });
    expect([status, JSON.parse(body)]).toEqual([200, { data: { __typename: 'Query' } }]);
  });

  test.each(['h2c', 'foo/1', 'h2c, websocket', 'TLS/1.0'])('offer to change to %s, and is answered as if it had not', async (protocol) => {
    const offer = { Connection: 'Upgrade, HTTP2-Settings, close', Upgrade: protocol, 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' };
    const posted = await post('{"query":"{ __typename }"}', offer);
    expect([posted.status, posted.body]).toEqual([200, '{"data":{"__typename":"Query"}}']);
    const health = await get('/healthz', offer);
    expect([health.status, health.body]).toEqual([200, '{"status":"alive"}']);
    expect((await get('/nothing', offer)).status).toBe(404);
  });

  test('ask for a WebSocket where there is none, and is answered as HTTP', async () => {
    expect((await get('/healthz', { ...upgrade, Connection: 'Upgrade, close', Upgrade: 'websocket' })).body).toBe('{"status":"alive"}');
    expect((await get('/nothing', { ...upgrade, Connection: 'Upgrade, close', Upgrade: 'websocket' })).status).toBe(404);
  });
});

describe('over WebSocket', () => {
  test.each([
    ['an operation that is not in the document', { query: 'query A { __typename }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['one of two operations', { query: 'query A { __typename } query B { __typename }' }, 'OPERATION_RESOLUTION_FAILURE'],
    [
      'a subscription with @include',
      { query: 'subscription { jobStatusChanged @include(if: false) { status } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a subscription with @skip and a variable',
      {
        query: 'subscription ($s: Boolean!) { ...F } fragment F on Subscription { jobStatusChanged @skip(if: $s) { status } }',
        variables: { s: true },
      },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a subscription to __typename', { query: 'subscription { __typename }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['what is no GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ])('and HTTP, %s is refused in the same words', async (_what, payload, code) => {
    const socket = await openSocket(api.url);
    socket.send({ id: '1', type: 'subscribe', payload });
    const [message] = await socket.messages(1);
    socket.end();
    const overHttp = await post(JSON.stringify(payload), { Accept: 'text/event-stream, application/json' });
    const answer: unknown = JSON.parse(overHttp.body);
    const errors = at(answer, 'errors');
    expect(at(message, 'payload')).toEqual(errors);
    expect(at(errors, 0, 'extensions', 'code')).toBe(code);
    expect(at(errors, 0, 'message')).not.toContain('went wrong');
  });

  test('a page of a foreign origin reads why it is refused', async () => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin: 'https://evil.example' });
    const answered = new Promise<string>((resolve, reject) => {
      socket.once('unexpected-response', (_request, response) => {
        response.setEncoding('utf8').once('data', resolve);
      });
      socket.once('open', () => reject(new Error('it was let in')));
    });
    expect(await answered).toContain('FOREIGN_ORIGIN');
  });
});

test('nothing of all that is an error of ours', () => {
  expect(api.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
