/**
 * Execute once, send to many: watchers that select the same fields of the same event, with the same variables and rights,
 * share one execution and one serialization, over WebSocket and HTTP alike. Only what frames it differs.
 *
 * Events are written straight from the feed's own call, without a promise between.
 */
import type { GraphQLError } from 'graphql';
import { JobError } from '../../core/errors.ts';
import type { Watch, PushedEvent } from '../../core/usecases/watchJob.ts';
import { createEventPayloads, type EventPayloads, type Shape } from './eventPayloads.ts';
import type { WatchArgs } from './operations.ts';
import { addRunning, removeRunning, type OperationsHolder, type Running } from './runningOperations.ts';

/** The receiver of events: a client's WebSocket, or the answer to one request. */
export interface PushTarget extends OperationsHolder {
  readonly unsentBytes: number;
  /** The memory that these use. */
  keptBytes: number;
  /** The payload is JSON already. */
  pushNext(id: string, payload: string, event: PushedEvent, onFlushed?: () => void): void;
  /** Nothing will follow. */
  pushComplete(id: string): void;
  pushError(id: string, error: GraphQLError): void;
}

export interface FanOutDeps {
  readonly mask: (error: unknown, traceId: string) => GraphQLError;
  /** A target with more unsent bytes gets its next event when they are flushed: the watcher's position waits. */
  readonly maxUnsentBytes?: number;
  /** The memory that the watches of one target may use, and those of one owner. */
  readonly maxKeptBytes?: number;
  readonly maxKeptBytesPerOwner?: number;
}

export interface Subscriber {
  readonly args: WatchArgs;
  /** The id of the operation at its target. */
  readonly id: string;
  readonly target: PushTarget;
}

export interface FanOut {
  /** Pushes the watch's events until it ends or its operation is ended, which is one of the target's from now on. */
  push(watch: Watch<PushedEvent>, subscriber: Subscriber): void;
}

export function createFanOut({
  mask,
  maxUnsentBytes = 64 * 1024,
  maxKeptBytes = 4 * 1024 ** 2,
  maxKeptBytesPerOwner = Infinity,
}: FanOutDeps): FanOut {
  const payloads = createEventPayloads({ mask, maxBytesPerOwner: maxKeptBytesPerOwner });
  const shared: Shared = { maxUnsentBytes, mask, payloads };
  return {
    push(watch, { args, id, target }) {
      const bytes = args.bytes ?? 0;
      const shape = target.keptBytes + bytes > maxKeptBytes ? undefined : payloads.join(args);
      if (shape === undefined) {
        void watch.return();
        removeRunning(target, id);
        return target.pushError(id, mask(new JobError('RATE_LIMITED', tooMuchKept), args.contextValue.traceId));
      }
      target.keptBytes += bytes;
      const push = new Push({ shared, watch, shape, id, target, bytes });
      addRunning(target, push);
      watch.listen(push);
      push.onChange();
    },
  };
}

const tooMuchKept = { message: 'Your watches take too much memory: end some, or ask for less in each.', retryAfterSeconds: 1 };

/** What all pushes share. */
interface Shared {
  readonly maxUnsentBytes: number;
  mask(error: unknown, traceId: string): GraphQLError;
  readonly payloads: EventPayloads;
}

interface PushDeps {
  readonly shared: Shared;
  readonly watch: Watch<PushedEvent>;
  readonly shape: Shape;
  readonly id: string;
  readonly target: PushTarget;
  readonly bytes: number;
}

/** One operation's events, on their way to its client. */
class Push implements Running {
  readonly id: string;
  readonly #shared: Shared;
  readonly #watch: Watch<PushedEvent>;
  readonly #shape: Shape;
  readonly #target: PushTarget;
  readonly #bytes: number;
  /** Something that has to be waited for is in progress; it looks again when that is done. */
  #isWaiting = false;
  #isOver = false;

  constructor({ shared, watch, shape, id, target, bytes }: PushDeps) {
    this.#shared = shared;
    this.#watch = watch;
    this.#shape = shape;
    this.id = id;
    this.#target = target;
    this.#bytes = bytes;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#target.keptBytes -= this.#bytes;
    this.#shared.payloads.leave(this.#shape);
    void this.#watch.return();
  }

  onChange(): void {
    while (!this.#isWaiting && !this.#isOver) {
      const event = this.#watch.take();
      if (event === undefined) return this.#finishIfOver();
      const payload = this.#shared.payloads.payloadFor(event, this.#shape);
      if (typeof payload === 'string') this.#send(payload, event);
      else void this.#sendLater(payload, event);
    }
  }

  #send(payload: string, event: PushedEvent): void {
    if (this.#target.unsentBytes <= this.#shared.maxUnsentBytes) return this.#target.pushNext(this.id, payload, event);
    this.#isWaiting = true;
    return this.#target.pushNext(this.id, payload, event, () => this.#goOn());
  }

  async #sendLater(payload: Promise<string>, event: PushedEvent): Promise<void> {
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
    this.#target.pushComplete(this.id);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#leaveTarget();
    this.#target.pushError(this.id, this.#shared.mask(error, this.#shape.args.contextValue.traceId));
  }

  #leaveTarget(): void {
    removeRunning(this.#target, this.id);
    this.end();
  }
}
