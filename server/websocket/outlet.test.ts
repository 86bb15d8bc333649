import { once } from 'node:events';
import { createServer } from 'node:http';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { portOf } from '../../test/support/portOf.ts';
import { Outlet } from './outlet.ts';

/** Its output, write by write. */
function recordingWire() {
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
  return { wire, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('frames of one turn leave a socket in one write, frames of the next turn in another', async () => {
  const { wire, writes } = recordingWire();
  const outlet = new Outlet();
  outlet.next(wire, '1', '{"data":1}');
  outlet.next(wire, '1', '{"data":2}');
  await Promise.resolve();
  outlet.text(wire, '{"id":"1","type":"complete"}');
  expect(writes).toEqual([]);
  await turn();
  expect(writes.map((chunks) => chunks.length)).toEqual([3]);
  outlet.text(wire, '{}');
  await turn();
  expect(writes.map((chunks) => chunks.length)).toEqual([3, 1]);
});

test('a full write does not wait for the end of the turn', async () => {
  const { wire, writes } = recordingWire();
  const outlet = new Outlet();
  for (let number = 0; number < 100; number += 1) outlet.next(wire, '1', JSON.stringify('x'.repeat(1000)));
  const length = writes.flat().reduce((sum, chunk) => sum + chunk.length, 0);
  expect(length).toBeGreaterThan(64 * 1024);
  await turn();
  expect(writes.flat()).toHaveLength(100);
});

test('all sockets that get the same payload under the same id get the same bytes', async () => {
  const wires = Array.from({ length: 3 }, recordingWire);
  const outlet = new Outlet();
  for (const { wire } of wires) outlet.next(wire, '1', '{"data":1}');
  await turn();
  const frames = wires.map(({ writes }) => writes[0]?.[0]);
  expect(frames[0]).toBeInstanceOf(Buffer);
  expect(frames.every((frame) => frame === frames[0])).toBe(true);
});

test('large payloads are the same bytes under different ids too', async () => {
  const wires = Array.from({ length: 3 }, recordingWire);
  const outlet = new Outlet();
  const payload = JSON.stringify({ data: 'x'.repeat(100_000) });
  for (const [index, { wire }] of wires.entries()) outlet.next(wire, `operation ${index}`, payload);
  await turn();
  const bodies = wires.map(({ writes }) => writes[0]?.at(-1));
  expect(bodies[0]?.length).toBeGreaterThan(100_000);
  expect(bodies.every((body) => body === bodies[0])).toBe(true);
});

test('reports when an event has left', async () => {
  const { wire } = recordingWire();
  const flushed = new Promise<void>((resolve) => new Outlet().next(wire, '1', '{}', resolve));
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
      const outlet = new Outlet();
      for (const payload of payloads) outlet.next(wire, '"é', payload);
      client.send('"by ws"');
      outlet.text(wire, '"last"');
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
