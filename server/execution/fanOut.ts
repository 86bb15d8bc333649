/**
 * Execute once, send to many: watchers over WebSocket that select the same fields of the same event, with the same
 * rights, share one execution and one serialization. Only the message id, which the client chose, differs.
 *
 * `next` messages are written straight from the feed's own call, without a promise between.
 */
import { execute, type DocumentNode, type ExecutionArgs, type ExecutionResult, type GraphQLError } from 'graphql';
import type { Watch, WatchedEvent } from '../../core/usecases/watchJob.ts';
import type { ApiContext } from '../../schema/index.ts';
import type { Running } from '../websocket/clientSocket.ts';
import { completeMessage, errorMessage, nextMessage, payloadOf } from '../websocket/messages.ts';
import { usedVariables } from './usedVariables.ts';

/** The part of a client's WebSocket that is pushed to. */
export interface PushSocket {
  readonly bufferedAmount: number;
  readonly running: Map<string, Running>;
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
  /** Pushes the watch's events until it ends or its operation is ended, which is one of the socket's from now on. */
  push(watch: Watch, subscriber: Subscriber): void;
}

/** All that an answer depends on beside the event: kept once for all who ask for the same. */
interface Shape {
  readonly key: string;
  readonly args: Subscriber['args'];
  subscribers: number;
}

type Payload = string | Promise<string>;

const never = new AbortController().signal;

export function createFanOut({ mask, maxUnsentBytes = 64 * 1024 }: FanOutDeps): FanOut {
  const documentNumbers = new WeakMap<DocumentNode, number>();
  const shapes = new Map<string, Shape>();
  /** Of this turn: an event reaches those who are not behind within one, and is then kept for nobody. */
  let payloads: Map<WatchedEvent, Map<Shape, Payload>> | undefined;
  let documents = 0;

  function numberOf(document: DocumentNode): number {
    const known = documentNumbers.get(document);
    if (known !== undefined) return known;
    documents += 1;
    documentNumbers.set(document, documents);
    return documents;
  }

  function join(args: Subscriber['args']): Shape {
    const { document, operationName, variableValues, contextValue } = args;
    const used = usedVariables(document, operationName).map((name) => [name, variableValues?.[name]]);
    const key = JSON.stringify([numberOf(document), operationName ?? null, contextValue.owner, used]);
    // The first to ask may leave before the others: nobody's end is the answer's.
    const shape = shapes.get(key) ?? { key, args: { ...args, contextValue: { ...contextValue, signal: never } }, subscribers: 0 };
    shapes.set(key, shape);
    shape.subscribers += 1;
    return shape;
  }

  const shared: Shared = {
    maxUnsentBytes,
    mask,
    leave(shape) {
      shape.subscribers -= 1;
      if (shape.subscribers === 0) shapes.delete(shape.key);
    },
    payloadFor(event, shape) {
      if (payloads === undefined) {
        payloads = new Map();
        setImmediate(() => (payloads = undefined));
      }
      let ofEvent = payloads.get(event);
      if (ofEvent === undefined) payloads.set(event, (ofEvent = new Map<Shape, Payload>()));
      let payload = ofEvent.get(shape);
      if (payload === undefined) ofEvent.set(shape, (payload = executed(event, shape)));
      return payload;
    },
  };

  function executed(event: WatchedEvent, { args }: Shape): Payload {
    const text = ({ errors, ...rest }: ExecutionResult): string =>
      payloadOf({ ...rest, errors: errors?.map((error) => mask(error, args.contextValue.traceId)) });
    const result = execute({ ...args, rootValue: event });
    return result instanceof Promise ? result.then(text) : text(result);
  }

  return {
    push(watch, { args, id, socket }) {
      const push = new Push({ shared, watch, shape: join(args), id, socket });
      socket.running.set(id, push);
      watch.listen(push);
      push.onChange();
    },
  };
}

/** What all pushes have in common. */
interface Shared {
  readonly maxUnsentBytes: number;
  mask(error: unknown, traceId: string): GraphQLError;
  payloadFor(event: WatchedEvent, shape: Shape): Payload;
  leave(shape: Shape): void;
}

interface PushDeps {
  readonly shared: Shared;
  readonly watch: Watch;
  readonly shape: Shape;
  readonly id: string;
  readonly socket: PushSocket;
}

/** One operation's events, on their way to its socket. */
class Push implements Running {
  readonly #shared: Shared;
  readonly #watch: Watch;
  readonly #shape: Shape;
  readonly #id: string;
  readonly #socket: PushSocket;
  /** Something to wait for is under way, and looks again when it is done. */
  #isWaiting = false;
  #isOver = false;

  constructor({ shared, watch, shape, id, socket }: PushDeps) {
    this.#shared = shared;
    this.#watch = watch;
    this.#shape = shape;
    this.#id = id;
    this.#socket = socket;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#shared.leave(this.#shape);
    void this.#watch.return();
  }

  onChange(): void {
    while (!this.#isWaiting && !this.#isOver) {
      const event = this.#watch.take();
      if (event === undefined) return this.#finishIfOver();
      const payload = this.#shared.payloadFor(event, this.#shape);
      if (typeof payload === 'string') this.#send(payload);
      else void this.#sendLater(payload);
    }
  }

  #send(payload: string): void {
    const text = nextMessage(this.#id, payload);
    if (this.#socket.bufferedAmount <= this.#shared.maxUnsentBytes) return this.#socket.send(text);
    this.#isWaiting = true;
    return this.#socket.send(text, () => this.#goOn());
  }

  async #sendLater(payload: Promise<string>): Promise<void> {
    this.#isWaiting = true;
    try {
      const text = await payload;
      this.#isWaiting = false;
      if (!this.#isOver) this.#send(text);
      this.onChange();
    } catch (error) {
      this.#fail(error);
    }
  }

  #goOn(): void {
    this.#isWaiting = false;
    this.onChange();
  }

  #finishIfOver(): void {
    const ending = this.#watch.ending();
    if (ending === undefined) return;
    if (ending !== 'complete') return this.#fail(ending);
    this.#leaveSocket();
    this.#socket.send(completeMessage(this.#id));
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#leaveSocket();
    this.#socket.send(errorMessage(this.#id, [this.#shared.mask(error, this.#shape.args.contextValue.traceId)]));
  }

  #leaveSocket(): void {
    this.#socket.running.delete(this.#id);
    this.end();
  }
}
