/** A port of the loopback interface that nobody listens on at the moment. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { portOf } from './portOf.ts';

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}
