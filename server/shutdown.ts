/** Ends an HTTP server without cutting anyone off: no new connections, then the last answers, then the rest is ended. */
import type { Server } from 'node:http';

/** Resolves once every connection is closed, at the latest after `graceMs`. */
export async function drain(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that is kept alive becomes idle only after its last answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
