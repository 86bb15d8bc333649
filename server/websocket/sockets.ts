/** The WebSockets themselves: which are let in, how much they may send and leave unread, and how they end. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws';
import { WebSocketServer, type RawData } from 'ws';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { graphqlPath } from '../execution/graphql.ts';
import { ClientSocket, seconds } from './clientSocket.ts';
import type { WebSocketProtocol } from './websocket.ts';

export interface SocketsDeps {
  readonly server: HttpServer;
  readonly protocol: WebSocketProtocol;
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

/** One timer looks after all sockets, so often. */
const roundMs = 1000;

export function attachSockets({
  server,
  protocol,
  allowsHost,
  allowsOrigin,
  telemetry,
  log,
  limits,
  maxUnreadBytes = 1024 * 1024,
}: SocketsDeps): Sockets {
  const options = { noServer: true, maxPayload: limits.requestBytes, handleProtocols, perMessageDeflate: false };
  const sockets = new WebSocketServer<typeof ClientSocket>({ ...options, WebSocket: ClientSocket });
  const stopCounting = telemetry.gauge('sockets', () => sockets.clients.size);
  let closing = false;

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (closing || sockets.clients.size >= limits.sockets) return reject(socket, '503 Service Unavailable');
    if (path !== graphqlPath) return reject(socket, '404 Not Found');
    if (!allowsHost(request.headers) || !allowsOrigin(request.headers)) return reject(socket, '403 Forbidden');
    return sockets.handleUpgrade(request, socket, head, (client) => serve(client, request.headers.authorization));
  });

  function serve(socket: ClientSocket, authorization: string | undefined): void {
    socket.authorization = authorization;
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(CloseCode.BadRequest, 'Invalid message received');
      // Each operation holds one unsent event, and each ping is answered: only who does not read gets here.
      if (socket.bufferedAmount > maxUnreadBytes) return socket.terminate();
      return void protocol.receive(socket, textOf(data));
    });
    socket.on('pong', () => {
      socket.awaitsPong = false;
    });
    // Malformed or too large frames: ws closes the socket with the right code.
    socket.on('error', (error) => log.debug({ error }, 'a WebSocket broke the protocol'));
    socket.on('close', () => protocol.closed(socket));
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
  }

  const rounds = setInterval(() => {
    const now = seconds();
    for (const socket of sockets.clients) lookAfter(socket, now, limits);
  }, roundMs);
  rounds.unref();

  return {
    letNoMoreIn() {
      closing = true;
    },
    async close(graceMs, hurry) {
      closing = true;
      clearInterval(rounds);
      const terminateAll = (): void => {
        for (const socket of sockets.clients) socket.terminate();
      };
      const closed = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets.clients) socket.end();
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

/** Closes what has no right or no use any more, and ends a socket that has not answered the last ping by the next one. */
function lookAfter(
  socket: ClientSocket,
  now: number,
  {
    socketInitSeconds,
    socketIdleSeconds,
    socketPingSeconds,
  }: Pick<Config['limits'], 'socketInitSeconds' | 'socketIdleSeconds' | 'socketPingSeconds'>,
): void {
  if ((socket.identity?.expiresAt ?? Infinity) <= Date.now()) return socket.close(CloseCode.Forbidden, 'Token expired');
  if (socket.running.size > 0) socket.usedAt = now;
  const idleSeconds = now - socket.usedAt;
  if (socket.phase === 'open' && idleSeconds > socketInitSeconds)
    return socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
  if (socketIdleSeconds > 0 && idleSeconds > socketIdleSeconds) return socket.close(1000, 'Idle');
  if (now - socket.pingedAt < socketPingSeconds) return undefined;
  if (socket.awaitsPong) return socket.terminate();
  socket.awaitsPong = true;
  socket.pingedAt = now;
  return socket.ping();
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}

function reject(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
