/** Nothing of a client stays behind when it is closed, not even where the server is silent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket as SocketOfPackage, WebSocketServer } from 'ws';
import { z } from 'zod';
import { openConnection } from '../../client/connection.ts';
import { decodeJson } from '../../core/json.ts';
import { portOf } from '../support/portOf.ts';

const message = z.object({ type: z.string(), id: z.string().optional() });
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('closes without waiting for a server that is silent, and leaves no timer', async () => {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http, handleProtocols: () => 'graphql-transport-ws' });
  server.on('connection', (socket, { socket: wire }) => {
    socket.on('message', (data: Buffer) => {
      const { type, id } = decodeJson(message, data.toString()) ?? {};
      if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
      if (type !== 'subscribe') return;
      socket.send(JSON.stringify({ id, type: 'next', payload: { data: { ok: true } } }));
      // From then on it reads nothing, not even the close frame.
      wire.pause();
    });
  });
  const before = timers();
  const connection = openConnection({ url: `http://127.0.0.1:${portOf(http)}/graphql` });
  const answers = connection.subscribe({ query: 'subscription { ok }' });
  expect(await answers.next()).toEqual({ done: false, value: { ok: true } });
  const after = answers.next();
  await connection.close();
  await expect(after).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  await expect.poll(timers, { timeout: 2000 }).toBeLessThanOrEqual(before);
  for (const socket of server.clients) socket.terminate();
  http.close();
});

describe.each([
  ['the global WebSocket', globalThis.WebSocket],
  ['that of the package ws', SocketOfPackage],
] as const)('where nobody answers, with %s', (_, webSocket) => {
  test('closes at once while it still connects', async () => {
    await using silent = await openSilent();
    const connection = openConnection({ url: silent.url, webSocket });
    const refusal = connection
      .subscribe({ query: 'subscription { ok }' })
      .next()
      .catch((error: unknown) => error);
    await silent.connected(1);
    await connection.close();
    expect(await refusal).toMatchObject({ code: 'CONNECTION_CLOSED' });
    await silent.connected(0);
  });

  test('gives up after a while, and says so', async () => {
    await using silent = await openSilent();
    const states: string[] = [];
    const connection = openConnection({ url: silent.url, webSocket, openWithinMs: 50, onState: (state) => states.push(state) });
    const answer = connection.subscribe({ query: 'subscription { ok }' }).next();
    await expect(answer).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await silent.connected(0);
    expect(states).toEqual(['connecting', 'lost']);
    await connection.close();
  });
});

/** Takes connections, and never says a word. */
async function openSilent() {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => (connections -= 1)).on('error', () => undefined);
    // Else its end would not be noticed.
    socket.resume();
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}/graphql`,
    connected: (count: number) => expect.poll(() => connections).toBe(count),
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
