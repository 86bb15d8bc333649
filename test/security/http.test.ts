import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { as, expectServing, openGuarded, post, seenIn } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openGuarded({ works: false, environment: { HEADERS_TIMEOUT_SECONDS: '1', REQUEST_TIMEOUT_SECONDS: '2' } });
});
afterAll(() => api[Symbol.asyncDispose]());

const mallory = await as('mallory');
const typename = JSON.stringify({ query: '{ __typename }' });
const sent = (body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(`${api.url}/graphql`, { method: 'POST', headers: { ...mallory, ...headers }, body });
const json = { 'content-type': 'application/json' };
const bomb = (): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(Buffer.alloc(50 * 1024 * 1024)));

describe('refused over HTTP, with a code and no stack', () => {
  test.each([
    ['what is not JSON', () => sent('{bad', json), 400],
    ['JSON that ends in the middle', () => sent('{"query":"{ __type', json), 400],
    ['JSON that is no object', () => sent('"{ __typename }"', json), 400],
    ['nothing', () => sent('', json), 400],
    ['bytes that are no UTF-8', () => sent(new Uint8Array([0xff, 0xfe, 0x7b, 0x7d]), json), 400],
    ['plain text', () => sent(typename, { 'content-type': 'text/plain' }), 415],
    ['no content type', () => sent(new TextEncoder().encode(typename), {}), 415],
    ['a form', () => sent('query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }), 415],
    ['application/graphql', () => sent('{__typename}', { 'content-type': 'application/graphql' }), 415],
    ['multipart', () => sent('--x--', { 'content-type': 'multipart/form-data; boundary=x' }), 415],
    ['another charset', () => sent(typename, { 'content-type': 'application/json; charset=utf-16' }), 415],
    ['a bomb in gzip', () => sent(bomb(), { ...json, 'content-encoding': 'gzip' }), 415],
    ['a body above 1 MiB', () => sent(JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(1024 * 1024) } }), json), 413],
    ['a string of 10 MB', () => sent(JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(10_000_000) } }), json), 413],
    ['a batch', () => sent(`[${typename},${typename}]`, json), 400],
    ['a batch of 1,000', () => sent(`[${Array.from({ length: 1000 }, () => typename).join(',')}]`, json), 400],
    [
      'variables nested 500,000 deep',
      () => sent(`{"query":"{ __typename }","variables":${'['.repeat(500_000)}${']'.repeat(500_000)}}`, json),
      400,
    ],
    ['variables that are no object', () => sent('{"query":"{ __typename }","variables":[1]}', json), 400],
    ['a query that is no text', () => sent('{"query":{"a":1}}', json), 400],
    ['a page of a foreign origin', () => sent(typename, { ...json, origin: 'https://evil.example' }), 403],
    ['a page without an origin (`null`)', () => sent(typename, { ...json, origin: 'null' }), 403],
    ['a form of a foreign origin', () => sent('query={__typename}', { 'content-type': 'text/plain', origin: 'https://evil.example' }), 403],
    [
      'a mutation by GET',
      () => fetch(`${api.url}/graphql?query=mutation{cancelJob(input:{jobId:1}){job{jobId}}}`, { headers: mallory }),
      405,
    ],
    [
      'a mutation by GET as a stream',
      () =>
        fetch(`${api.url}/graphql?query=mutation{cancelJob(input:{jobId:1}){job{jobId}}}`, {
          headers: { ...mallory, accept: 'text/event-stream' },
        }),
      405,
    ],
    ['another method', () => fetch(`${api.url}/graphql`, { method: 'DELETE', headers: mallory }), 405],
    ['another path', () => fetch(`${api.url}/graphql/../../etc/passwd`), 404],
  ])('%s', async (_what, send, status) => {
    const response = await send();
    const { codes } = seenIn(await response.text());
    expect(response.status).toBe(status);
    expect(codes).toHaveLength(1);
    await expectServing(api);
  });

  test('a body above 1 MiB that does not say so beforehand', async () => {
    const status = await new Promise((resolve, reject) => {
      const sending = rawRequest(`${api.url}/graphql`, { method: 'POST', headers: { ...json, ...mallory } }, ({ statusCode }) =>
        resolve(statusCode),
      );
      sending.once('error', reject);
      for (let count = 0; count < 20; count++) sending.write(' '.repeat(64 * 1024));
      sending.end();
    });
    expect(status).toBe(413);
  });

  test('a caller without a token, before anything that they send is read', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/^Connection: close\r$/im);
    expect(answer).toContain('UNAUTHENTICATED');
  });

  test('a preflight of a foreign origin, which is let nowhere', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const response = await fetch(`${api.url}/graphql`, { method: 'OPTIONS', headers });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});

describe('a client that is no client', () => {
  /** Writes piece by piece, and resolves with what came back by the time the server hung up. */
  async function trickle(pieces: readonly string[], everyMs: number): Promise<string> {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      // A write that met the server's end would reset the connection.
      for (const timer of timers) clearTimeout(timer);
    });
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const timers = pieces.map((piece, index) => setTimeout(() => socket.write(piece), index * everyMs));
    await closed;
    for (const timer of timers) clearTimeout(timer);
    return answer;
  }
  const head = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${mallory.authorization}\r\nContent-Type: application/json\r\n`;

  test('and trickles its headers is hung up on', async () => {
    expect(await trickle([head, ...Array.from({ length: 50 }, (_, index) => `X-${index}: 1\r\n`)], 200)).toContain('408');
    await expectServing(api);
  });

  test('and trickles its body is hung up on', async () => {
    expect(await trickle([`${head}Content-Length: 1000\r\n\r\n`, ...Array.from({ length: 50 }, () => ' ')], 200)).not.toContain('200 OK');
    await expectServing(api);
  });

  test.each([
    ['speaks TLS', ['\u0016\u0003\u0001 nonsense\r\n\r\n']],
    ['sends headers of 20 KB', [`${head}X: ${'x'.repeat(20_000)}\r\n\r\n`]],
    ['sends two lengths', [`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}`]],
    ['sends a length and chunks', [`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`]],
    ['upgrades to a protocol of its own', ['GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n']],
  ])('and %s is answered with 4xx, if at all', async (_what, pieces) => {
    expect((await trickle(pieces, 0)).slice(0, 12)).toMatch(/^(HTTP\/1.1 4\d\d)?$/);
    await expectServing(api);
  });
});

describe('a page whose name was made to point here (DNS rebinding)', () => {
  const call = (url: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { ...json, host, origin: `http://${host}` };
      rawRequest(`${url}/graphql`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end(typename);
    });

  test('may not call a server that is open to everybody, over HTTP or WebSocket', async () => {
    await using open = await openApiSystem({ works: false });
    expect(await call(open.url, 'evil.example:4000')).toBe(403);
    expect(await call(open.url, 'localhost:4000')).toBe(200);
    await expect(openSocket(open.url, {}, { headers: { host: 'evil.example', origin: 'http://evil.example' } })).rejects.toThrow('403');
    (await openSocket(open.url, {}, { headers: { host: 'localhost:4000', origin: 'http://localhost:4000' } })).end();
  });

  test('gains nothing where tokens are asked for, which it has none of', async () => {
    expect(await call(api.url, 'evil.example')).toBe(401);
    expect((await post(api, { query: '{ __typename }' }, await as('alice'))).status).toBe(200);
  });
});
