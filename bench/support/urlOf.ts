/** Where a server of a bench listens. */
import type { Server } from 'node:http';

export function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server is not on a port');
  return `http://127.0.0.1:${address.port}`;
}
