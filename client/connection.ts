/** A connection to the API: its operations, and how they continue when it is lost. */
import { connectionLost, errorOfAnswer, isPassing, JobTicketsError, TokenRefused } from './errors.ts';
import { createHttpTransport } from './httpTransport.ts';
import type { SocketClass } from './openingSocket.ts';
import { createTokens, type Token } from './tokens.ts';
import type { ConnectionState, Operation } from './transport.ts';
import { createWebSocketTransport } from './webSocketTransport.ts';

export type { ConnectionState, Operation };

export interface ConnectionOptions {
  /** The URL of the API: `http://localhost:4000/graphql`, or the same with `ws:`. */
  readonly url: string | URL;
  /**
   * A JWT, or a function that returns a new one. It is called at each connect, and again when a token was refused or has
   * expired. Needed where the server requires tokens.
   */
  readonly token?: Token | undefined;
  /** `sse`: HTTP with Server-Sent Events, for networks that block WebSockets. Default `websocket`. */
  readonly transport?: 'websocket' | 'sse' | undefined;
  /** Default: the global one, which browsers, Deno and Node 22 have. Otherwise pass the one of the package `ws`. */
  readonly webSocket?: SocketClass | undefined;
  /** For `sse`. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The longest wait before another try, in milliseconds; the first is a quarter of a second. Default 10,000. */
  readonly maxWaitMs?: number;
  /** A connection that does not open for so long is given up for another try, in milliseconds. Default 15,000. */
  readonly openWithinMs?: number;
  /** A server that is silent for so long after a ping counts as lost, in milliseconds. Default 5,000. */
  readonly pongWithinMs?: number;
  /**
   * How long the connection is kept for the next operation, in milliseconds. Default 3,000. For a backend that hands in jobs
   * now and then a longer time is useful: an operation over an open connection costs the server less than a request over HTTP.
   */
  readonly keepMs?: number;
  readonly onState?: ((state: ConnectionState) => void) | undefined;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly isRepeatable?: boolean;
}

export interface Connection {
  /** Ends with the operation. @throws {JobTicketsError} also `CONNECTION_LOST`; the signal's reason. */
  subscribe<Data>(operation: Operation, signal?: AbortSignal): AsyncGenerator<Data, void, void>;
  /**
   * One answer. If it is repeatable, it is sent again, for as long as it takes, when the connection is lost or a temporary
   * error comes.
   * @throws {JobTicketsError} `CONNECTION_LOST` only where it is not repeatable; the signal's reason.
   */
  request<Data>(operation: Operation, options?: RequestOptions): Promise<Data>;
  /** Resolves when another try is worthwhile after `error`, each time later. @throws the error if it is not temporary. */
  pause(error: unknown, tries: number, signal?: AbortSignal): Promise<void>;
  state(): ConnectionState;
  /** @returns the function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void;
  close(): Promise<void>;
}

const firstWaitMs = 250;

export function openConnection(options: ConnectionOptions): Connection {
  const { token, fetch = globalThis.fetch, maxWaitMs = 10_000 } = options;
  const { webSocket = globalThis.WebSocket, openWithinMs = 15_000, pongWithinMs = 5000, keepMs = 3000 } = options;
  let isClosed = false;
  let current: ConnectionState = 'idle';
  const listeners = new Set(options.onState === undefined ? [] : [options.onState]);
  const onState = (state: ConnectionState): void => {
    if (state === current) return;
    current = state;
    for (const listener of listeners) listener(state);
  };
  const shared = { url: String(options.url), tokens: createTokens(token), onState };
  const transport =
    options.transport === 'sse'
      ? createHttpTransport({ ...shared, fetch })
      : createWebSocketTransport({ ...shared, webSocket, openWithinMs, pongWithinMs, keepMs });

  async function* subscribe<Data>(operation: Operation, signal?: AbortSignal): AsyncGenerator<Data, void, void> {
    signal?.throwIfAborted();
    if (isClosed) throw closedError();
    try {
      for await (const { data, errors } of transport.run<Data>(operation, signal)) {
        if (errors !== undefined) throw errorOfAnswer(errors);
        if (data !== undefined && data !== null) yield data;
      }
    } catch (error) {
      throw isClosed ? closedError() : error;
    }
    signal?.throwIfAborted();
    if (isClosed) throw closedError();
  }

  async function request<Data>(operation: Operation, { signal, isRepeatable = true }: RequestOptions = {}): Promise<Data> {
    for (let tries = 1; ; tries += 1) {
      try {
        for await (const data of subscribe<Data>(operation, signal)) return data;
        throw connectionLost('The operation ended without an answer.');
      } catch (error) {
        if (!isRepeatable && !(error instanceof TokenRefused)) throw error;
        await pause(error, tries, signal);
      }
    }
  }

  async function pause(error: unknown, tries: number, signal?: AbortSignal): Promise<void> {
    if (!isPassing(error) || isClosed) throw error;
    const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** (tries - 1));
    // With jitter, so that the clients of a failed server do not all come back at once.
    const atLeastMs = (error.details.retryAfterSeconds ?? 0) * 1000;
    await sleep(Math.max(atLeastMs, waitMs * (0.5 + Math.random() / 2)), signal);
  }

  return {
    subscribe,
    request,
    pause,
    state: () => current,
    onState(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      await transport.close();
    },
  };
}

function closedError(): JobTicketsError {
  return new JobTicketsError('CONNECTION_CLOSED', 'This client was closed.');
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(asError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
