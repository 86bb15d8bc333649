/** Sends each operation as a request of its own; a watch is a stream of Server-Sent Events (GraphQL over SSE, distinct connections). */
import { connectionLost, isRecord, JobTicketsError, refusedMessage, TokenRefused } from './errors.ts';
import { readEventStream } from './eventStream.ts';
import type { Answer, Operation, Transport, TransportOptions } from './transport.ts';

export interface HttpOptions extends TransportOptions {
  readonly fetch: typeof globalThis.fetch;
  /** A server from which nothing comes for so long, not even a comment, counts as lost. */
  readonly silenceMs?: number;
}

const accept = 'application/graphql-response+json, application/json, text/event-stream';

export function createHttpTransport({ url, tokens, onState, fetch, silenceMs = 45_000 }: HttpOptions): Transport {
  const address = url.replace(/^ws/, 'http');
  const running = new Set<AbortController>();

  async function* run<Data>(operation: Operation, signal?: AbortSignal): AsyncGenerator<Answer<Data>, void, void> {
    const stop = new AbortController();
    const leave = (): void => stop.abort();
    signal?.addEventListener('abort', leave);
    if (running.size === 0) onState('connecting');
    running.add(stop);
    let silence = setTimeout(leave, silenceMs);
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(leave, silenceMs);
    };
    let isLost = true;
    try {
      const response = await post(operation, stop.signal);
      heard();
      onState('open');
      if (isStream(response)) yield* streamed<Data>(response, heard);
      else yield await answerOf<Data>(response);
      isLost = false;
    } catch (error) {
      // Ended without an error: the code that cancelled it knows why.
      if (signal?.aborted === true) return;
      isLost = error instanceof JobTicketsError && error.code === 'CONNECTION_LOST';
      throw error;
    } finally {
      clearTimeout(silence);
      signal?.removeEventListener('abort', leave);
      running.delete(stop);
      stop.abort();
      if (isLost && signal?.aborted !== true) onState('lost');
      else if (running.size === 0) onState('idle');
    }
  }

  /** @throws {JobTicketsError} where it is not an answer of the API. */
  async function post(operation: Operation, signal: AbortSignal): Promise<Response> {
    const issued = await tokens.issue();
    const authorization = issued.value === undefined ? {} : { authorization: `Bearer ${issued.value}` };
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...authorization },
      body: JSON.stringify(operation),
      signal,
    }).catch((error: unknown) => {
      throw connectionLost(undefined, error);
    });
    if (response.status === 401) {
      await response.body?.cancel();
      throw tokens.refuse(issued) ? new TokenRefused() : new JobTicketsError('UNAUTHENTICATED', refusedMessage);
    }
    tokens.accept();
    return response;
  }

  return {
    run,
    close() {
      for (const stop of running) stop.abort();
      return Promise.resolve();
    },
  };
}

async function* streamed<Data>({ body }: Response, onBytes: () => void): AsyncGenerator<Answer<Data>, void, void> {
  if (body !== null) {
    const events = readEventStream(body, onBytes);
    for (;;) {
      const next = await events.next().catch((error: unknown) => {
        throw connectionLost(undefined, error);
      });
      if (next.done === true) break;
      if (next.value.event === 'complete') return;
      yield parsed<Data>(next.value.data);
    }
  }
  throw connectionLost('The stream broke off.');
}

async function answerOf<Data>(response: Response): Promise<Answer<Data>> {
  const text = await response.text().catch((error: unknown) => {
    throw connectionLost(undefined, error);
  });
  return parsed<Data>(text);
}

/** A proxy's error page in place of an answer is usually temporary. */
function parsed<Data>(text: string): Answer<Data> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw connectionLost('The answer does not come from the API.', error);
  }
  if (!isAnswer<Data>(value)) throw connectionLost('The answer does not come from the API.');
  return value;
}

function isAnswer<Data>(value: unknown): value is Answer<Data> {
  return isRecord(value) && ('data' in value || 'errors' in value);
}

function isStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}
