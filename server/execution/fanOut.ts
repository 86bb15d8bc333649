/**
 * Execute once, send to many: watchers that select the same fields of the same event, with the same variables and rights,
 * share one execution and one serialization, over WebSocket and HTTP alike. Only what frames it differs.
 *
 * Events are written straight from the feed's own call, without a promise between.
 */
import { execute, type DocumentNode, type ExecutionResult, type GraphQLError } from 'graphql';
import type { Watch, WatchedEvent } from '../../core/usecases/watchJob.ts';
import { variablesBelowRoot } from './belowRoot.ts';
import type { WatchArgs } from './operations.ts';
import { payloadOf } from './payload.ts';

/** An operation that runs. */
export interface Running {
  /** Nobody wants more of it. Twice is fine. */
  end(): void;
}

/** Whom events are pushed to: a client's WebSocket, or the answer to one request. */
export interface PushTarget {
  /** Bytes that are not sent yet. */
  readonly bufferedAmount: number;
  /** Its operations, by the id that the client gave. */
  readonly running: Map<string, Running>;
  /** The payload is JSON already. */
  pushNext(id: string, payload: string, event: WatchedEvent, onFlushed?: () => void): void;
  /** Nothing will come any more. */
  pushComplete(id: string): void;
  pushError(id: string, error: GraphQLError): void;
}

export interface FanOutDeps {
  readonly mask: (error: unknown, traceId: string) => GraphQLError;
  /** A target that has left more unsent gets its next event when that is flushed: the watcher's position waits. */
  readonly maxUnsentBytes?: number;
}

export interface Subscriber {
  readonly args: WatchArgs;
  /** The id of the operation at its target. */
  readonly id: string;
  readonly target: PushTarget;
}

export interface FanOut {
  /** Pushes the watch's events until it ends or its operation is ended, which is one of the target's from now on. */
  push(watch: Watch, subscriber: Subscriber): void;
}

/** All that an answer depends on beside the event: kept once for all who ask for the same. */
interface Shape {
  readonly key: string;
  readonly args: WatchArgs;
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

  function join(args: WatchArgs): Shape {
    const { document, operationName, contextValue } = args;
    const key = JSON.stringify([numberOf(document), operationName ?? null, contextValue.owner, variablesBelowRoot(args)]);
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
    push(watch, { args, id, target }) {
      const push = new Push({ shared, watch, shape: join(args), id, target });
      target.running.set(id, push);
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
  readonly target: PushTarget;
}

/** One operation's events, on their way to its client. */
class Push implements Running {
  readonly #shared: Shared;
  readonly #watch: Watch;
  readonly #shape: Shape;
  readonly #id: string;
  readonly #target: PushTarget;
  /** Something to wait for is under way, and looks again when it is done. */
  #isWaiting = false;
  #isOver = false;

  constructor({ shared, watch, shape, id, target }: PushDeps) {
    this.#shared = shared;
    this.#watch = watch;
    this.#shape = shape;
    this.#id = id;
    this.#target = target;
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
      if (typeof payload === 'string') this.#send(payload, event);
      else void this.#sendLater(payload, event);
    }
  }

  #send(payload: string, event: WatchedEvent): void {
    if (this.#target.bufferedAmount <= this.#shared.maxUnsentBytes) return this.#target.pushNext(this.#id, payload, event);
    this.#isWaiting = true;
    return this.#target.pushNext(this.#id, payload, event, () => this.#goOn());
  }

  async #sendLater(payload: Promise<string>, event: WatchedEvent): Promise<void> {
    this.#isWaiting = true;
    try {
      const text = await payload;
      this.#isWaiting = false;
      if (!this.#isOver) this.#send(text, event);
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
    this.#leaveTarget();
    this.#target.pushComplete(this.#id);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#leaveTarget();
    this.#target.pushError(this.#id, this.#shared.mask(error, this.#shape.args.contextValue.traceId));
  }

  #leaveTarget(): void {
    this.#target.running.delete(this.#id);
    this.end();
  }
}
