/** The WebSockets themselves: which are accepted, how much they may send and leave unread, and how they end. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { AnswerSizes } from '../execution/answerSizes.ts';
import { runningCount } from '../execution/runningOperations.ts';
import { graphqlPath } from '../graphqlPath.ts';
import { rawRefusal } from '../http/refusal.ts';
import type { TurnEnd } from '../turnEnd.ts';
import { createIntake } from './intake.ts';
import { ClientSocket, seconds, type SocketHost } from './clientSocket.ts';
import { Outlet } from './outlet.ts';
import { initTimedOut, receiveBinary, rejectSubprotocol } from './protocol.ts';
import type { WebSocketApi } from './websocket.ts';

export interface SocketsDeps {
  readonly server: HttpServer;
  readonly api: WebSocketApi;
  readonly answers: AnswerSizes;
  readonly turnEnd: TurnEnd;
  readonly allowsHost: (headers: IncomingMessage['headers']) => boolean;
  readonly allowsOrigin: (headers: IncomingMessage['headers']) => boolean;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly limits: Config['limits'];
  /** A client that leaves more than this unread is disconnected; a client that resumes misses nothing. */
  readonly maxUnreadBytes?: number;
}

export interface Sockets {
  /** From now on further ones are answered with 503. */
  letNoMoreIn(): void;
  /** Closes all with 1001, so that clients reconnect elsewhere. Those that do not answer in time, or in a hurry, are disconnected. */
  close(graceMs: number, hurry: AbortSignal): Promise<void>;
}

/**
 * Whether a request asks for a WebSocket here. Any other protocol that it offers to change to (`h2c`) is ignored, and the
 * request is answered as it is (RFC 9110, 7.8).
 */
export function isWebSocketRequest({ method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
  const [path] = url.split('?', 1);
  return method === 'GET' && path === graphqlPath && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Unrequested bytes: twice as many as the headers of a request may have. */
const unfinishedBytes = 32 * 1024;

/** A client that was asked to leave and does not answer is disconnected after this time. */
const closeTimeout = 1000;

/** One timer checks all sockets at this interval. */
const roundMs = 1000;

export function attachSockets({
  server,
  api,
  answers,
  turnEnd,
  allowsHost,
  allowsOrigin,
  telemetry,
  log,
  limits,
  maxUnreadBytes = 1024 * 1024,
}: SocketsDeps): Sockets {
  // Pings are answered, and clients kept, here: ws would create a function for each socket.
  const ours = { autoPong: false, clientTracking: false };
  const options = { ...ours, noServer: true, maxPayload: limits.requestBytes, handleProtocols, perMessageDeflate: false, closeTimeout };
  const sockets = new WebSocketServer<typeof ClientSocket>({ ...options, WebSocket: ClientSocket });
  const clients = new Set<ClientSocket>();
  const stopCounting = telemetry.gauge('sockets', () => clients.size);
  const take = createIntake<ClientSocket>({ receive: (socket, text) => void api.receive(socket, text) });
  let closing = false;

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (closing || clients.size >= limits.sockets) {
      return reject(socket, rawRefusal('503 Service Unavailable', 'TOO_MANY_SOCKETS'));
    }
    if (!allowsHost(request.headers)) return reject(socket, rawRefusal('403 Forbidden', 'FOREIGN_HOST'));
    if (!allowsOrigin(request.headers)) return reject(socket, rawRefusal('403 Forbidden', 'FOREIGN_ORIGIN'));
    return sockets.handleUpgrade(request, socket, head, (client) => {
      client.attach(socket, host);
      client.authorization = request.headers.authorization;
      clients.add(client);
      if (client.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) rejectSubprotocol(client);
    });
  });

  const host: SocketHost = {
    outlet: new Outlet(turnEnd),
    onBytes: (socket, count) => countUnfinished(socket, count, answers),
    onMessage(socket, data, isBinary) {
      finishCounting(socket);
      // Messages that were on their way when the socket was asked to close.
      if (socket.readyState !== socket.OPEN) return undefined;
      if (isBinary) return receiveBinary(socket);
      // Each operation holds one unsent event, and each ping is answered: only a client that does not read gets here.
      if (!reads(socket)) return socket.terminate();
      return take(socket, data.toString());
    },
    mayAnswerPing: reads,
    // Malformed or too large frames: ws closes the socket with the right code.
    onError: (error) => log.debug({ error }, 'a WebSocket broke the protocol'),
    onClose(socket) {
      finishCounting(socket);
      clients.delete(socket);
      api.closed(socket);
    },
  };

  function reads({ unsentBytes }: ClientSocket): boolean {
    return unsentBytes <= maxUnreadBytes;
  }

  const rounds = setInterval(() => {
    const now = { seconds: seconds(), ms: Date.now() };
    for (const socket of clients) lookAfter(socket, now, limits);
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
        for (const socket of clients) socket.terminate();
      };
      const closed = [...clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of clients) socket.end();
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

/**
 * Closes sockets that have no valid token or no use any more, and disconnects a client that has not answered the last ping by
 * the next one.
 */
function lookAfter(
  socket: ClientSocket,
  now: { readonly seconds: number; readonly ms: number },
  {
    socketInitSeconds,
    socketIdleSeconds,
    socketPingSeconds,
  }: Pick<Config['limits'], 'socketInitSeconds' | 'socketIdleSeconds' | 'socketPingSeconds'>,
): void {
  if ((socket.identity?.expiresAt ?? Infinity) <= now.ms) return socket.close(CloseCode.Forbidden, 'Token expired');
  if (runningCount(socket) > 0) socket.usedAt = now.seconds;
  const idleSeconds = now.seconds - socket.usedAt;
  if (socket.phase === 'open' && idleSeconds >= socketInitSeconds) return initTimedOut(socket);
  if (socketIdleSeconds > 0 && idleSeconds > socketIdleSeconds) return socket.close(1000, 'Idle');
  if (now.seconds - socket.pingedAt < socketPingSeconds) return undefined;
  if (socket.awaitsPong) return socket.terminate();
  socket.awaitsPong = true;
  socket.pingedAt = now.seconds;
  return socket.ping();
}

/** What ws keeps until a message is complete: before authentication at most a token, then no more than the owner may have in progress. */
function countUnfinished(socket: ClientSocket, count: number, answers: AnswerSizes): void {
  socket.unfinishedBytes += count;
  if (socket.unfinishedBytes <= unfinishedBytes) return;
  if (socket.phase !== 'acknowledged') return socket.terminate();
  try {
    socket.unfinished ??= answers.begin(() => socket.identity?.owner);
    socket.unfinished.receive(count);
  } catch {
    socket.terminate();
  }
}

function finishCounting(socket: ClientSocket): void {
  socket.unfinishedBytes = 0;
  socket.unfinished?.release();
  socket.unfinished = undefined;
}

function reject(socket: Duplex, answer: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(answer);
}
