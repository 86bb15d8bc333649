/** The WebSockets themselves: which are let in, how much they may send and leave unread, and how they end. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, type Server as Protocol } from 'graphql-ws';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Log } from '../core/log.ts';
import { graphqlPath, maxBodyBytes } from './graphql.ts';
import type { Connection } from './websocket.ts';

export interface SocketsDeps {
  readonly server: HttpServer;
  readonly protocol: Protocol<Connection>;
  readonly allowsOrigin: (headers: IncomingMessage['headers']) => boolean;
  readonly log: Log;
  /** A socket that has not answered the last ping by the next one is ended. */
  readonly pingIntervalMs?: number;
  /** A client that leaves more than this unread is ended; whoever resumes misses nothing. */
  readonly maxUnreadBytes?: number;
}

export interface Sockets {
  /** Closes all with 1001, so that clients connect elsewhere, and lets no more in. Those that do not answer in time are ended. */
  close(graceMs: number): Promise<void>;
}

export function attachSockets({
  server,
  protocol,
  allowsOrigin,
  log,
  pingIntervalMs = 12_000,
  maxUnreadBytes = 1024 * 1024,
}: SocketsDeps): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes, handleProtocols, perMessageDeflate: false });
  let closing = false;

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const [path] = (request.url ?? '').split('?', 1);
    if (closing) return reject(socket, '503 Service Unavailable');
    if (path !== graphqlPath) return reject(socket, '404 Not Found');
    if (!allowsOrigin(request.headers)) return reject(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, request));
  });

  function serve(socket: WebSocket, request: IncomingMessage): void {
    let expiry: NodeJS.Timeout | undefined;
    const connection: Connection = {
      request,
      socket,
      running: new Map(),
      onIdentity({ expiresAt }) {
        if (expiresAt === undefined) return;
        expiry = setTimeout(
          () => socket.close(CloseCode.Forbidden, 'Token expired'),
          Math.min(Math.max(expiresAt - Date.now(), 0), maxTimerMs),
        );
      },
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => sendOn(socket, data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data, isBinary) => {
            if (isBinary) return socket.close(CloseCode.BadRequest, 'Invalid message received');
            // graphql-ws answers each ping, and each operation holds one unsent message: only who does not read gets here.
            if (socket.bufferedAmount > maxUnreadBytes) return socket.terminate();
            handle(textOf(data)).catch((error: unknown) => {
              log.error({ error }, 'a WebSocket message failed');
              socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
            });
          }),
      },
      connection,
    );
    const stopPinging = keepAlive(socket, pingIntervalMs);
    // Malformed or too large frames: ws closes the socket with the right code.
    socket.on('error', (error) => log.debug({ error }, 'a WebSocket broke the protocol'));
    socket.once('close', (code, reason) => {
      stopPinging();
      clearTimeout(expiry);
      closed(code, String(reason)).catch((error: unknown) => log.error({ error }, 'a WebSocket was not tidied up'));
    });
  }

  return {
    async close(graceMs) {
      closing = true;
      for (const socket of sockets.clients) socket.close(1001, 'Going away');
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, graceMs);
      await Promise.all([...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      clearTimeout(timer);
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}

/** setTimeout fires at once for more. A token that lives longer is looked at again with each operation. */
const maxTimerMs = 2 ** 31 - 1;

/** Resolves once it has left this process: an operation sends its next message only then. */
function sendOn(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    return socket.send(data, (error) =>
      error === undefined || error === null || socket.readyState !== socket.OPEN ? resolve() : reject(error),
    );
  });
}

function keepAlive(socket: WebSocket, intervalMs: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    return socket.ping();
  }, intervalMs);
  return () => clearInterval(timer);
}

function reject(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
