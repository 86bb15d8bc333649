/**
 * The floor: bare `ws` and ioredis, as fast as possible without writing a WebSocket server. A client names a job; each message
 * on the job's channel is the text for the client, and is sent unchanged.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import { serveCommands } from '../support/child.ts';
import { urlOf } from '../support/urlOf.ts';

const subscriber = new Redis(process.env['REDIS_URL'] ?? '');
const watchers = new Map<string, Set<WebSocket>>();
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on('connection', (socket) => {
  socket.on('message', (data) => void watch(socket, z.instanceof(Buffer).parse(data).toString()));
});

async function watch(socket: WebSocket, jobId: string): Promise<void> {
  const channel = `job:{${jobId}}`;
  const known = watchers.get(channel);
  if (known === undefined) {
    watchers.set(channel, new Set([socket]));
    await subscriber.ssubscribe(channel);
  } else {
    known.add(socket);
  }
  socket.once('close', () => watchers.get(channel)?.delete(socket));
  socket.send('watching');
}

subscriber.on('smessage', (channel: string, text: string) => {
  for (const socket of watchers.get(channel) ?? []) socket.send(text);
});

server.listen(0, '127.0.0.1');
await once(server, 'listening');
serveCommands({ url: () => urlOf(server) });
