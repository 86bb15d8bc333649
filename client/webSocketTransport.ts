/** All operations over one WebSocket, which is opened when it is needed. */
import { createClient } from 'graphql-ws';
import { connectionLost, errorOfAnswer, isRecord, JobTicketsError, refusedMessage, TokenRefused, type AnsweredError } from './errors.ts';
import { opensWithin, type SocketClass } from './openingSocket.ts';
import type { IssuedToken } from './tokens.ts';
import type { Operation, Transport, TransportOptions } from './transport.ts';

export interface WebSocketOptions extends TransportOptions {
  readonly webSocket: SocketClass | undefined;
  readonly openWithinMs: number;
  readonly pongWithinMs: number;
  readonly keepMs: number;
}

const pingIntervalMs = 10_000;

export function createWebSocketTransport(options: WebSocketOptions): Transport {
  const { url, tokens, onState, webSocket, openWithinMs, pongWithinMs, keepMs } = options;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let running = 0;
  let issued: IssuedToken | undefined;
  let isAcknowledged = false;
  /** The error of the socket that closed last, because of its token. */
  let refusal: JobTicketsError | undefined;
  /** The last error of the caller's token function. */
  let tokenFault: unknown;

  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: webSocket && opensWithin(webSocket, openWithinMs),
    connectionParams: async () => {
      issued = await tokens.issue().catch((error: unknown) => {
        tokenFault = error;
        throw error;
      });
      return issued.value === undefined ? {} : { authorization: `Bearer ${issued.value}` };
    },
    // Repeated one level higher: here an operation would be repeated unchanged, but a watch has to resume after what it saw.
    retryAttempts: 0,
    lazyCloseTimeout: keepMs,
    connectionAckWaitTimeout: pongWithinMs,
    keepAlive: pingIntervalMs,
    on: {
      connecting() {
        isAcknowledged = false;
        onState('connecting');
      },
      connected() {
        isAcknowledged = true;
        tokens.accept();
        onState('open');
      },
      closed(event) {
        clearTimeout(silence);
        if (codeOf(event) === forbidden) refusal = refusalOf(issued);
        onState(running > 0 ? 'lost' : 'idle');
      },
      ping(isReceived) {
        if (!isReceived) silence = setTimeout(() => client.terminate(), pongWithinMs);
      },
      pong: () => clearTimeout(silence),
    },
  });

  function refusalOf(refused: IssuedToken | undefined): JobTicketsError {
    const isWorthATry = refused !== undefined && (isAcknowledged ? tokens.expire(refused) : tokens.refuse(refused));
    if (!isWorthATry) return new JobTicketsError('UNAUTHENTICATED', refusedMessage);
    // Operations in progress when a token expired may have been carried out.
    return isAcknowledged ? connectionLost('The token has expired.') : new TokenRefused();
  }

  /** The errors of graphql-ws: errors of an operation, the event of a socket that closed, or of one that never opened. */
  function errorOfSocket(thrown: unknown): unknown {
    if (Array.isArray(thrown)) return errorOfAnswer(thrown.filter(isAnsweredError));
    if (!isRecord(thrown) || thrown === tokenFault) return thrown;
    const code = codeOf(thrown);
    const said = typeof thrown['reason'] === 'string' && thrown['reason'] !== '' ? thrown['reason'] : undefined;
    if (code === forbidden) return refusal ?? new JobTicketsError('UNAUTHENTICATED', refusedMessage);
    if (code !== undefined && code >= 4400 && code < 4410 && code !== initTimeout) return new JobTicketsError('BAD_REQUEST', said ?? '');
    return connectionLost(said, thrown);
  }

  return {
    async *run<Data>(operation: Operation, signal?: AbortSignal) {
      running += 1;
      const answers = client.iterate<Data>(operation);
      const leave = (): void => void answers.return?.();
      signal?.addEventListener('abort', leave);
      try {
        yield* answers;
      } catch (error) {
        throw errorOfSocket(error);
      } finally {
        running -= 1;
        signal?.removeEventListener('abort', leave);
      }
    },
    async close() {
      // It would be waited for until it is open.
      if (!isAcknowledged) client.terminate();
      await client.dispose();
      // A silent server sends no close frame, and the timer for the next ping would wait for one.
      client.terminate();
      clearTimeout(silence);
    },
  };
}

/** Codes with which the server closes a socket (docs/errors.md). */
const forbidden = 4403;
const initTimeout = 4408;

function codeOf(event: unknown): number | undefined {
  return isRecord(event) && typeof event['code'] === 'number' ? event['code'] : undefined;
}

function isAnsweredError(value: unknown): value is AnsweredError {
  return isRecord(value) && typeof value['message'] === 'string';
}
