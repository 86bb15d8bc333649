import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { closeCatalogue } from '../../core/errors.ts';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { as, expectServing, openGuarded } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  const environment = { SOCKET_INIT_SECONDS: '1', SOCKET_PING_SECONDS: '1', SOCKET_IDLE_SECONDS: '2' };
  api = await openGuarded({ works: false, environment });
});
afterAll(() => api[Symbol.asyncDispose]());

const watch = 'subscription { jobStatusChanged { version } }';
const init = { type: 'connection_init' };
const subscribe = (id: string, query = watch) => ({ id, type: 'subscribe', payload: { query } });
const mallory = await as('mallory');
const upgrade =
  'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n';
const jobsOf = async (): Promise<number> => (await api.core.table.listOwned({ owner: 'mallory', newestFirst: true, limit: 100 })).length;
const ready = { ...init, payload: mallory };

describe('a WebSocket is closed with the protocol’s code', () => {
  const usual = ['graphql-transport-ws'];
  test.each([
    ['without a connection_init in time', [], usual, 4408],
    ['without a token', [init], usual, 4403],
    ['with two connection_inits', [ready, ready], usual, 4429],
    ['with an operation before it', [subscribe('1')], usual, 4401],
    ['with an operation before it was answered', [subscribe('1'), ready], usual, 4401],
    ['with the same id twice', [ready, 'wait', subscribe('1'), subscribe('1')], usual, 4409],
    ['with a message of no known type', [{ type: 'hello' }], usual, 4400],
    ['with a message that only servers send', [ready, 'wait', { id: '1', type: 'next', payload: {} }], usual, 4400],
    ['with an operation without a query', [ready, 'wait', { id: '1', type: 'subscribe', payload: {} }], usual, 4400],
    ['with an operation without an id', [ready, 'wait', { type: 'subscribe', payload: { query: watch } }], usual, 4400],
    ['with what is not JSON', ['{'], usual, 4400],
    ['with a batch', [`[${JSON.stringify(init)}]`], usual, 4400],
    ['with a binary message', [Buffer.from(JSON.stringify(init))], usual, 4400],
    ['with a message above 1 MiB', [ready, 'wait', 'x'.repeat(1024 * 1024 + 1)], usual, 1009],
    ['with more than a token before it is known', ['x'.repeat(20 * 1024)], usual, 4400],
    ['with far more than a token before it is known', ['x'.repeat(500 * 1024)], usual, 1006],
    ['with an id of 257 characters', [ready, 'wait', subscribe('i'.repeat(257))], usual, 4400],
    ['that speaks another protocol', [], ['graphql-ws'], 4406],
    ['that speaks none', [], [], 4406],
    ['that nothing runs on', [ready], usual, 1000],
  ])('%s', async (_what, messages, protocols, code) => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, protocols);
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open').catch(() => undefined);
    for (const message of messages) {
      if (message === 'wait') await once(socket, 'message');
      else socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    }
    // A client refuses a server that picks none of its protocols by itself.
    expect(code === 4406 && protocols.length > 0 ? [1006, 4406] : [code]).toContain(await closed);
    expect(Object.keys(closeCatalogue)).toContain(String(code));
    await expectServing(api);
  });

  test('whose client answers no ping, even while it watches', async () => {
    const socket = await openSocket(api.url, mallory, { answersPings: false });
    socket.send(subscribe('1'));
    expect(await socket.closed).toBe(1006);
  });

  test('runs nothing more once it was asked to leave', async () => {
    const socket = await openSocket(api.url, mallory);
    socket.send(subscribe('1'));
    socket.send({ id: '2', type: 'subscribe', payload: { query: '{ __typename }' } });
    await socket.messages(1);
    const before = await jobsOf();
    socket.send(init);
    const create = 'mutation { createJob(input: { type: "simulate_work" }) { created } }';
    for (let id = 10; id < 60; id += 1) socket.send(subscribe(String(id), create));
    expect(await socket.closed).toBe(4429);
    expect(await jobsOf()).toBe(before);
  });

  test('is ended soon after its time, even if its client never sends anything: not only after the thirty seconds that a close may take', async () => {
    const wire = connect(Number(new URL(api.url).port), '127.0.0.1');
    wire.on('error', () => undefined).resume();
    const gone = once(wire, 'close');
    wire.write(upgrade);
    await once(wire, 'data');
    const since = performance.now();
    await gone;
    expect(performance.now() - since).toBeLessThan(25_000);
  });

  test('but not one that is watched on, however long', async () => {
    const socket = await openSocket(api.url, mallory);
    socket.send(subscribe('1'));
    // One a second, for twice the time after which an idle socket is closed.
    await socket.pings(4);
    expect(socket.isOpen()).toBe(true);
    socket.end();
  });
});

describe('a WebSocket is not opened', () => {
  test.each([
    ['for a page of a foreign origin', '/graphql', { origin: 'https://evil.example' }, 403],
    ['for a page without an origin', '/graphql', { origin: 'null' }, 403],
    ['on another path', '/elsewhere', {}, 404],
  ])('%s', async (_what, path, headers, status) => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`, 'graphql-transport-ws', { headers });
    expect(String((await once(socket, 'error'))[0])).toContain(String(status));
    await expectServing(api);
  });
});

describe('frames', () => {
  /** A frame of a client: masked with zeros. */
  const frame = (firstByte: number, payload: Buffer): Buffer => {
    const length =
      payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff]);
    return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(4), payload]);
  };
  const claimingLength = (bytes: bigint): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(bytes);
    return Buffer.concat([Buffer.from([0x81, 0x80 | 127]), length, Buffer.alloc(4)]);
  };

  test.each([
    [
      'that go on as fragments without end',
      () => Array.from({ length: 40 }, (_, index) => frame(index === 0 ? 0x01 : 0x00, Buffer.alloc(60_000, 0x20))),
    ],
    ['that claim 2^62 bytes', () => [claimingLength(2n ** 62n)]],
    ['that claim 100 MB', () => [claimingLength(100_000_000n), Buffer.alloc(1000)]],
    ['that are not masked', () => [Buffer.from([0x81, 0x02, 0x7b, 0x7d])]],
    ['of a reserved kind', () => [frame(0x83, Buffer.from('{}'))]],
    ['said to be compressed', () => [frame(0xc1, Buffer.from('{}'))]],
    ['that are no UTF-8', () => [frame(0x81, Buffer.from([0xff, 0xfe]))]],
    ['of random bytes', () => [Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256))]],
  ])('%s end their connection, and no other', async (_what, frames) => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(upgrade);
    await once(socket, 'data');
    for (const bytes of frames()) socket.write(bytes);
    await closed;
    await expectServing(api);
  });
});

describe('a socket that misbehaves in one operation goes on with others', () => {
  test('that cannot be parsed, is not valid, or is too large', async () => {
    const socket = await openSocket(api.url, mallory);
    const bad = ['{ job(', '{ nope }', `{ a(b: ${'['.repeat(20_000)}`, 'query A { __typename } query B { __typename }', ''];
    for (const [index, query] of bad.entries()) socket.send(subscribe(String(index), query));
    const answers = await socket.messages(bad.length);
    expect(answers.map((answer) => at(answer, 'type'))).toEqual(bad.map(() => 'error'));
    socket.send(subscribe('good', '{ __typename }'));
    expect(await socket.messages(1)).toMatchObject([{ id: 'good', type: 'next' }]);
    socket.end();
  });

  test('with ids that are names of what every object has', async () => {
    const socket = await openSocket(api.url, mallory);
    for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      socket.send(subscribe(id, '{ __typename }'));
      expect(await socket.messages(1)).toMatchObject([{ id, type: 'next' }]);
    }
    socket.end();
  });

  test('of a client that pings and never reads is ended, before it fills the memory', async () => {
    const socket = await openSocket(api.url, mallory);
    socket.pause();
    const gone = socket.closed;
    for (let sent = 0; sent < 2000 && socket.isOpen(); sent++) {
      socket.send({ type: 'ping', payload: { filler: 'x'.repeat(60_000) } });
      if (sent % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    socket.resume();
    expect(await gone).toBe(1006);
    await expectServing(api);
  });
});
