import { once } from 'node:events';
import { createServer } from 'node:http';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { portOf } from '../../test/support/portOf.ts';
import { createTurnEnd } from '../turnEnd.ts';
import { Outlet, type Sink } from './outlet.ts';

const sinkOf = (wire: Duplex): Sink => ({ wire, held: undefined });

/** Its output, write by write. */
function recordingSink() {
  const writes: (readonly Buffer[])[] = [];
  const buffer = z.instanceof(Buffer);
  const wire = new Duplex({
    write(chunk, _encoding, done) {
      writes.push([buffer.parse(chunk)]);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => buffer.parse(chunk)));
      done();
    },
  });
  return { sink: sinkOf(wire), writes };
}

/** The texts of unmasked frames up to 64 KiB, which is what an outlet sends here. */
function textsOf(writes: readonly (readonly Buffer[])[]): readonly string[] {
  const bytes = Buffer.concat(writes.flat());
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const isShort = bytes.readUInt8(at + 1) < 126;
    const length = isShort ? bytes.readUInt8(at + 1) : bytes.readUInt16BE(at + 2);
    const start = at + (isShort ? 2 : 4);
    texts.push(bytes.toString('utf8', start, start + length));
    at = start + length;
  }
  return texts;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('frames of one turn leave a socket in one write, frames of the next turn in another', async () => {
  const { sink, writes } = recordingSink();
  const outlet = new Outlet(createTurnEnd({}));
  outlet.next(sink, '1', '{"data":1}');
  outlet.next(sink, '1', '{"data":2}');
  await Promise.resolve();
  outlet.text(sink, '{"id":"1","type":"complete"}');
  expect(writes).toEqual([]);
  await turn();
  expect(writes).toHaveLength(1);
  expect(textsOf(writes)).toEqual([
    '{"id":"1","type":"next","payload":{"data":1}}',
    '{"id":"1","type":"next","payload":{"data":2}}',
    '{"id":"1","type":"complete"}',
  ]);
  outlet.text(sink, '{}');
  await turn();
  expect(writes).toHaveLength(2);
});

test('a full write does not wait for the end of the turn', async () => {
  const { sink, writes } = recordingSink();
  const outlet = new Outlet(createTurnEnd({}));
  for (let number = 0; number < 100; number += 1) outlet.next(sink, '1', JSON.stringify('x'.repeat(1000)));
  const length = writes.flat().reduce((sum, chunk) => sum + chunk.length, 0);
  expect(length).toBeGreaterThan(64 * 1024);
  await turn();
  expect(textsOf(writes)).toHaveLength(100);
});

test('all sockets that get the same payload under the same id get the same bytes', async () => {
  const sinks = Array.from({ length: 3 }, recordingSink);
  const outlet = new Outlet(createTurnEnd({}));
  for (const { sink } of sinks) outlet.next(sink, '1', '{"data":1}');
  await turn();
  const frames = sinks.map(({ writes }) => writes[0]?.[0]);
  expect(frames[0]).toBeInstanceOf(Buffer);
  expect(frames.every((frame) => frame === frames[0])).toBe(true);
});

test('in a burst, all sockets that get the same frames get the same bytes', async () => {
  const sinks = Array.from({ length: 3 }, recordingSink);
  const outlet = new Outlet(createTurnEnd({}));
  for (const number of [1, 2]) for (const { sink } of sinks) outlet.next(sink, '1', `{"data":${number}}`);
  const [, , third] = sinks;
  if (third !== undefined) outlet.text(third.sink, '{}');
  await turn();
  const [first, second, other] = sinks.map(({ writes }) => writes[0]?.[0]);
  expect(first).toBeInstanceOf(Buffer);
  expect(second).toBe(first);
  expect(textsOf(third?.writes ?? [])).toHaveLength(3);
  expect(other).not.toBe(first);
});

test('large payloads are the same bytes under different ids too', async () => {
  const sinks = Array.from({ length: 3 }, recordingSink);
  const outlet = new Outlet(createTurnEnd({}));
  const payload = JSON.stringify({ data: 'x'.repeat(100_000) });
  for (const [index, { sink }] of sinks.entries()) outlet.next(sink, `operation ${index}`, payload);
  await turn();
  const bodies = sinks.map(({ writes }) => writes[0]?.at(-1));
  expect(bodies[0]?.length).toBeGreaterThan(100_000);
  expect(bodies.every((body) => body === bodies[0])).toBe(true);
});

test('a flush sends the frames that are held back, one or several, and only once', async () => {
  const { sink, writes } = recordingSink();
  const outlet = new Outlet(createTurnEnd({}));
  outlet.text(sink, '1');
  outlet.flush(sink);
  expect(textsOf(writes)).toEqual(['1']);
  for (const text of ['2', '3']) outlet.text(sink, text);
  outlet.flush(sink);
  expect(textsOf(writes)).toEqual(['1', '2', '3']);
  outlet.text(sink, '4');
  await turn();
  expect(textsOf(writes)).toEqual(['1', '2', '3', '4']);
});

test('nothing is written to a stream whose client has closed the connection meanwhile', async () => {
  const { sink, writes } = recordingSink();
  new Outlet(createTurnEnd({})).text(sink, '{}');
  sink.wire?.destroy();
  await turn();
  expect(writes).toEqual([]);
});

test('reports when an event has left', async () => {
  const { sink } = recordingSink();
  const flushed = new Promise<void>((resolve) => new Outlet(createTurnEnd({})).next(sink, '1', '{}', resolve));
  await flushed;
});

test('a client reads what was sent, whatever its length and characters, in order with the frames of ws', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ noServer: true });
  const payloads = [0, 1, 70, 80, 90, 96, 97, 98, 4095, 4096, 4097, 65_490, 65_500, 65_536, 200_000].flatMap((length) => [
    JSON.stringify('x'.repeat(length)),
    JSON.stringify('é'.repeat(length)),
    JSON.stringify('語😀'.repeat(length)),
  ]);
  server.on('upgrade', (request, wire, head) =>
    sockets.handleUpgrade(request, wire, head, (client) => {
      const outlet = new Outlet(createTurnEnd({}));
      const sink = sinkOf(wire);
      for (const payload of payloads) outlet.next(sink, '"é', payload);
      outlet.flush(sink);
      client.send('"by ws"');
      outlet.text(sink, '"last"');
    }),
  );
  const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
  const received: unknown[] = [];
  const isLast = Promise.withResolvers<void>();
  client.on('message', (data) => {
    const message: unknown = JSON.parse(z.instanceof(Buffer).parse(data).toString());
    received.push(message);
    if (message === 'last') isLast.resolve();
  });
  await isLast.promise;
  expect(received).toEqual([
    ...payloads.map((payload) => ({ id: '"é', type: 'next', payload: JSON.parse(payload) as unknown })),
    'by ws',
    'last',
  ]);
  client.terminate();
  sockets.close();
  server.close();
});
