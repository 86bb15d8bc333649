/** The WebSockets themselves: which are let in, how much they may send and leave unread, and how they end. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, type Server as Protocol } from 'graphql-ws';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Config } from '../core/config.ts';
import type { Log } from '../core/log.ts';
import type { Telemetry } from '../core/telemetry.ts';
import { onExpiry } from './auth.ts';
import type { Connections } from './connections.ts';
import { graphqlPath } from './graphql.ts';
import type { Connection } from './websocket.ts';

export interface SocketsDeps {
  readonly server: HttpServer;
  readonly protocol: Protocol<Connection>;
  readonly connections: Connections;
  readonly allowsHost: (headers: IncomingMessage['headers']) => boolean;
  readonly allowsOrigin: (headers: IncomingMessage['headers']) => boolean;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly limits: Config['limits'];
  /** A client that leaves more than this unread is ended; whoever resumes misses nothing. */
  readonly maxUnreadBytes?: number;
}

export interface Sockets {
  /** From now on more are answered with 503. */
  letNoMoreIn(): void;
  /** Closes all with 1001, so that clients connect elsewhere. Those that do not answer in time, or in a hurry, are ended. */
  close(graceMs: number, hurry: AbortSignal): Promise<void>;
}

export function attachSockets({
  server,
  protocol,
  connections,
  allowsHost,
  allowsOrigin,
  telemetry,
  log,
  limits,
  maxUnreadBytes = 1024 * 1024,
}: SocketsDeps): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.requestBytes, handleProtocols, perMessageDeflate: false });
  const stopCounting = telemetry.gauge('sockets', () => sockets.clients.size);
  let closing = false;

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const [path] = (request.url ?? '').split('?', 1);
    if (closing || sockets.clients.size >= limits.sockets) return reject(socket, '503 Service Unavailable');
    if (path !== graphqlPath) return reject(socket, '404 Not Found');
    if (!allowsHost(request.headers) || !allowsOrigin(request.headers)) return reject(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, request));
  });

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const leaving: (() => void)[] = [];
    const connection: Connection = {
      request,
      socket,
      running: new Map(),
      lastUsedAt: performance.now(),
      close: (code, reason) => socket.close(code, reason),
      onIdentity(identity) {
        leaving.push(
          connections.open(identity.owner, () => socket.close(1001, 'Going away')),
          onExpiry(identity, () => socket.close(CloseCode.Forbidden, 'Token expired')),
        );
        // It may have gone while the token was looked at.
        if (socket.readyState === socket.CLOSED) leave();
      },
    };
    const leave = (): void => {
      for (const each of leaving.splice(0)) each();
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
              if (isServersMessage(error)) return socket.close(CloseCode.BadRequest, 'Invalid message received');
              log.error({ error }, 'a WebSocket message failed');
              return socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
            });
          }),
      },
      connection,
    );
    leaving.push(keepAlive(socket, connection, limits));
    // Malformed or too large frames: ws closes the socket with the right code.
    socket.on('error', (error) => log.debug({ error }, 'a WebSocket broke the protocol'));
    socket.once('close', (code, reason) => {
      leave();
      closed(code, String(reason)).catch((error: unknown) => log.error({ error }, 'a WebSocket was not tidied up'));
    });
  }

  return {
    letNoMoreIn() {
      closing = true;
    },
    async close(graceMs, hurry) {
      closing = true;
      const terminateAll = (): void => {
        for (const socket of sockets.clients) socket.terminate();
      };
      const closed = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets.clients) socket.close(1001, 'Going away');
      const timer = setTimeout(terminateAll, graceMs);
      if (hurry.aborted) terminateAll();
      else hurry.addEventListener('abort', terminateAll);
      await Promise.all(closed);
      hurry.removeEventListener('abort', terminateAll);
      clearTimeout(timer);
      stopCounting();
    },
  };
}

/** A client sent what only servers say, such as `next`: to graphql-ws our fault, by its protocol the client's. */
function isServersMessage(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}

/** Resolves once it has left this process: an operation sends its next message only then. */
function sendOn(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    return socket.send(data, (error) =>
      error === undefined || error === null || socket.readyState !== socket.OPEN ? resolve() : reject(error),
    );
  });
}

/** Ends a socket that has not answered the last ping by the next one, and closes one that is of no use to anybody. */
function keepAlive(socket: WebSocket, connection: Connection, { socketPingSeconds, socketIdleSeconds }: Config['limits']): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    if (connection.running.size > 0) connection.lastUsedAt = performance.now();
    const idleSeconds = (performance.now() - connection.lastUsedAt) / 1000;
    if (socketIdleSeconds > 0 && idleSeconds > socketIdleSeconds) return socket.close(1000, 'Idle');
    answered = false;
    return socket.ping();
  }, socketPingSeconds * 1000);
  return () => clearInterval(timer);
}

function reject(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
