/** Ends an HTTP server without cutting anyone off: no new connections, then the last answers, then the rest is ended. */
import type { Server } from 'node:http';

/** Resolves once every connection is closed, at the latest after `graceMs`, or when `hurry` fires. */
export async function drain(server: Server, graceMs: number, hurry: AbortSignal): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that is kept alive becomes idle only after its last answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const endAll = (): void => server.closeAllConnections();
  const timer = setTimeout(endAll, graceMs);
  if (hurry.aborted) endAll();
  else hurry.addEventListener('abort', endAll);
  await closed;
  hurry.removeEventListener('abort', endAll);
  clearInterval(sweep);
  clearTimeout(timer);
}
