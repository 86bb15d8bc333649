/** One WebSocket to the API, opened when it is needed: operations over it, and what becomes of them when it is lost. */
import { createClient } from 'graphql-ws';
import { errorOfAnswer, errorOfSocket, isPassing, JobTicketsError } from './errors.ts';

export interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export type ConnectionState = 'connecting' | 'open' | 'lost';

export interface ConnectionOptions {
  /** Of the API: `http://localhost:4000/graphql`, or the same with `ws:`. */
  readonly url: string | URL;
  /** A JWT, or what gives a fresh one at each connect. Needed where the server asks for tokens. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Default: the global one, which browsers and Node 22 have. Else the one of the package `ws`. */
  readonly webSocket?: unknown;
  /** Longest wait before another try, in milliseconds; it begins with a quarter of a second. Default 10,000. */
  readonly maxWaitMs?: number;
  /** A server that is silent for so long after a ping counts as lost, in milliseconds. Default 5,000. */
  readonly pongWithinMs?: number;
  /**
   * How long the connection is kept for the next operation, in milliseconds. Default 3,000. A backend that hands in jobs now
   * and then keeps it longer: an operation over an open connection costs the server less than a request over HTTP.
   */
  readonly keepMs?: number;
  readonly onState?: (state: ConnectionState) => void;
}

export interface Connection {
  /** Ends with the operation. @throws {JobTicketsError} also `CONNECTION_LOST`; the signal's reason. */
  subscribe<Data>(operation: Operation, signal?: AbortSignal): AsyncGenerator<Data, void, void>;
  /**
   * One answer. What is repeatable is sent again, for as long as it takes, when the connection is lost or an error passes.
   * @throws {JobTicketsError} `CONNECTION_LOST` only for what is not; the signal's reason.
   */
  request<Data>(
    operation: Operation,
    options?: { readonly signal?: AbortSignal | undefined; readonly isRepeatable?: boolean },
  ): Promise<Data>;
  /** Resolves when another try is worthwhile, after `error`; the next time later. @throws the error if it does not pass. */
  pause(error: unknown, tries: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const pingIntervalMs = 10_000;
const firstWaitMs = 250;

export function openConnection(options: ConnectionOptions): Connection {
  const { url, token, webSocket, maxWaitMs = 10_000, pongWithinMs = 5000, keepMs = 3000, onState } = options;
  let isClosed = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: String(url).replace(/^http/, 'ws'),
    webSocketImpl: webSocket,
    connectionParams: async () => {
      const current = typeof token === 'function' ? await token() : token;
      return current === undefined ? {} : { authorization: `Bearer ${current}` };
    },
    // Tried again here and not there, where an operation would be repeated word for word: a watch has to resume after what it saw.
    retryAttempts: 0,
    lazyCloseTimeout: keepMs,
    connectionAckWaitTimeout: pongWithinMs,
    keepAlive: pingIntervalMs,
    on: {
      connecting: () => onState?.('connecting'),
      connected: () => onState?.('open'),
      closed() {
        clearTimeout(silence);
        onState?.('lost');
      },
      ping(isReceived) {
        if (!isReceived) silence = setTimeout(() => client.terminate(), pongWithinMs);
      },
      pong: () => clearTimeout(silence),
    },
  });

  async function* subscribe<Data>(operation: Operation, signal?: AbortSignal): AsyncGenerator<Data, void, void> {
    signal?.throwIfAborted();
    const answers = client.iterate<Data>(operation);
    const leave = (): void => void answers.return?.();
    signal?.addEventListener('abort', leave);
    try {
      for await (const { data, errors } of answers) {
        if (errors !== undefined) throw errorOfAnswer(errors);
        if (data !== undefined && data !== null) yield data;
      }
    } catch (error) {
      throw errorOfSocket(error);
    } finally {
      signal?.removeEventListener('abort', leave);
    }
    signal?.throwIfAborted();
    if (isClosed) throw new JobTicketsError('CONNECTION_CLOSED', 'This client was closed.');
  }

  async function request<Data>(
    operation: Operation,
    { signal, isRepeatable = true }: { readonly signal?: AbortSignal | undefined; readonly isRepeatable?: boolean } = {},
  ): Promise<Data> {
    for (let tries = 1; ; tries += 1) {
      try {
        for await (const data of subscribe<Data>(operation, signal)) return data;
        throw new JobTicketsError('CONNECTION_LOST', 'The operation ended without an answer.');
      } catch (error) {
        if (!isRepeatable) throw error;
        await pause(error, tries, signal);
      }
    }
  }

  async function pause(error: unknown, tries: number, signal?: AbortSignal): Promise<void> {
    if (!isPassing(error) || isClosed) throw error;
    const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** (tries - 1));
    // With jitter, lest all clients of a server that fell come back at once.
    const atLeastMs = (error.details.retryAfterSeconds ?? 0) * 1000;
    await sleep(Math.max(atLeastMs, waitMs * (0.5 + Math.random() / 2)), signal);
  }

  return {
    subscribe,
    request,
    pause,
    async close() {
      isClosed = true;
      await client.dispose();
      // A server that is silent says no goodbye, and a timer for its next ping would wait for one.
      client.terminate();
      clearTimeout(silence);
    },
  };
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
