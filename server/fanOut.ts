/**
 * Execute once, send to many: watchers over WebSocket that select the same fields of the same event, with the same
 * rights, share one execution and one serialization. Only the message id, which the client chose, differs.
 *
 * graphql-ws still speaks the protocol: it sees a subscription that yields nothing until it completes or fails, while
 * its `next` messages are written here, straight from the feed's own call and without a promise between.
 */
import { createSourceEventStream, execute, type DocumentNode, type ExecutionArgs, type ExecutionResult, type GraphQLError } from 'graphql';
import { usedVariables } from './usedVariables.ts';
import type { Watch, WatchedEvent } from '../core/usecases/watchJob.ts';
import type { ApiContext } from '../schema/index.ts';

/** The part of a WebSocket that is written to. */
export interface PushSocket {
  readonly bufferedAmount: number;
  send(text: string, onFlushed?: () => void): void;
}

export interface FanOutDeps {
  readonly mask: (error: unknown, traceId: string) => GraphQLError;
  /** A socket that has left more unsent gets its next event when that is flushed: the watcher's position waits. */
  readonly maxUnsentBytes?: number;
}

export interface Subscriber {
  readonly args: ExecutionArgs & { readonly contextValue: ApiContext };
  /** The id of the operation on its socket. */
  readonly id: string;
  readonly socket: PushSocket;
}

export interface FanOut {
  /** What graphql-ws takes for the result of `subscribe`. */
  subscribe(subscriber: Subscriber): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
}

export function createFanOut({ mask, maxUnsentBytes = 64 * 1024 }: FanOutDeps): FanOut {
  const documentNumbers = new WeakMap<DocumentNode, number>();
  /** Kept as long as its event, whose object all watchers share. */
  const payloads = new WeakMap<WatchedEvent, Map<string, string | Promise<string>>>();
  let documents = 0;

  function numberOf(document: DocumentNode): number {
    const known = documentNumbers.get(document);
    if (known !== undefined) return known;
    documents += 1;
    documentNumbers.set(document, documents);
    return documents;
  }

  /** Names everything that the answer depends on beside the event. */
  function shapeOf({ document, operationName, variableValues, contextValue }: Subscriber['args']): string {
    const used = usedVariables(document, operationName).map((name) => [name, variableValues?.[name]]);
    return JSON.stringify([numberOf(document), operationName ?? null, contextValue.owner, used]);
  }

  function payloadOf(event: WatchedEvent, shape: string, args: Subscriber['args']): string | Promise<string> {
    let ofEvent = payloads.get(event);
    if (ofEvent === undefined) payloads.set(event, (ofEvent = new Map<string, string | Promise<string>>()));
    let payload = ofEvent.get(shape);
    if (payload === undefined) {
      const text = (result: ExecutionResult): string => JSON.stringify(shown(result, args.contextValue.traceId));
      const result = execute({ ...args, rootValue: event });
      payload = result instanceof Promise ? result.then(text) : text(result);
      ofEvent.set(shape, payload);
    }
    return payload;
  }

  function shown({ data, errors }: ExecutionResult, traceId: string): ExecutionResult {
    return {
      ...(data === undefined ? {} : { data }),
      ...(errors === undefined ? {} : { errors: errors.map((error) => mask(error, traceId)) }),
    };
  }

  function push(watch: Watch, { args, id, socket }: Subscriber): AsyncIterableIterator<ExecutionResult> {
    const shape = shapeOf(args);
    const opening = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    const ended = Promise.withResolvers<IteratorResult<ExecutionResult, undefined>>();
    /** Something to wait for is under way, and looks again when it is done. */
    let isWaiting = false;

    function pump(): void {
      while (!isWaiting) {
        const event = watch.take();
        if (event === undefined) return finishIfOver();
        const payload = payloadOf(event, shape, args);
        if (typeof payload === 'string') send(payload);
        else waitFor(payload);
      }
    }

    function send(payload: string): void {
      if (socket.bufferedAmount <= maxUnsentBytes) return socket.send(`${opening}${payload}}`);
      isWaiting = true;
      return socket.send(`${opening}${payload}}`, goOn);
    }

    function waitFor(payload: Promise<string>): void {
      isWaiting = true;
      payload.then((text) => {
        isWaiting = false;
        send(text);
        pump();
      }, ended.reject);
    }

    function goOn(): void {
      isWaiting = false;
      pump();
    }

    function finishIfOver(): void {
      const ending = watch.ending();
      if (ending === undefined) return;
      if (ending === 'complete') ended.resolve({ done: true, value: undefined });
      else ended.reject(mask(ending, args.contextValue.traceId));
      void watch.return();
    }

    // Awaited by graphql-ws a few turns later.
    ended.promise.catch(() => undefined);
    watch.onChange(pump);
    pump();
    return {
      next: () => ended.promise,
      async return() {
        ended.resolve({ done: true, value: undefined });
        await watch.return();
        return ended.promise;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  return {
    async subscribe(subscriber) {
      const { args } = subscriber;
      const source = await createSourceEventStream(args);
      if (isWatch(source)) return push(source, subscriber);
      if ('errors' in source) return shown(source, args.contextValue.traceId);
      throw new Error('a subscription yields what is not a watch');
    },
  };
}

function isWatch(source: object): source is Watch {
  return 'take' in source && 'onChange' in source;
}
