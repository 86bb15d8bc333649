/** Nothing of a client stays behind when it is closed, not even where the server is silent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
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
