/** Checks that a port can be used before anything else is opened. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from './config.ts';

/** @throws Node's own error, as the server would later: the address is in use, or not this machine's. */
export async function checkPort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  await once(server.listen(port, host), 'listening');
  server.close();
  await once(server, 'close');
}
