/** Ends an HTTP server without cutting clients off: no new connections, then the last answers, then the rest is closed. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Resolves once every connection is closed, at the latest after `graceMs`, or when `hurry` fires. */
export type Drain = (graceMs: number, hurry: AbortSignal) => Promise<void>;

export function createDrain(server: Server): Drain {
  /** Connections that were opened in advance. Node counts one as busy until its first request. */
  const unused = new Set<Socket>();
  /** One shared function for all, and none for those in use: tens of thousands may stay open. */
  function forget(this: Socket): void {
    unused.delete(this);
    this.off('close', forget);
  }
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.on('close', forget);
  });
  server.on('request', ({ socket }) => forget.call(socket));
  server.on('upgrade', ({ socket }) => forget.call(socket));

  function closeIdle(): void {
    server.closeIdleConnections();
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
  }

  return async (graceMs, hurry) => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection that is kept alive becomes idle only after its last answer.
    const sweep = setInterval(closeIdle, 50);
    const endAll = (): void => server.closeAllConnections();
    const timer = setTimeout(endAll, graceMs);
    if (hurry.aborted) endAll();
    else hurry.addEventListener('abort', endAll);
    await closed;
    hurry.removeEventListener('abort', endAll);
    clearInterval(sweep);
    clearTimeout(timer);
  };
}
