/**
 * One watcher of a stream: a position that moves on when its consumer takes an event. Consumers pull events as an async
 * iterator or, where each microtask counts, take them synchronously when the watch calls their listener.
 *
 * Classes are used here and in the streams because there are very many watchers: a method costs an instance no memory.
 */
import { JobError } from '../errors.ts';
import type { JobEvent } from './event.ts';
import { withItem, withoutItem, type Few } from './few.ts';

/**
 * `recovered`: undefined for a live event; true for one read from history after a gap; false where versions before this one are
 * lost, because the history no longer held them.
 */
export type WatchedEvent = JobEvent & { readonly recovered: boolean | undefined };

/** All fields are set, so that all events have the same shape, which is faster to read: watchers read many. */
export function watchedEvent(
  { jobId, owner, version, status, previousStatus, attempt, at, error, progress }: JobEvent,
  recovered?: boolean,
): WatchedEvent {
  return { jobId, owner, version, status, previousStatus, attempt, at, error, progress, recovered };
}

export type Ending = 'complete' | Error;

export interface WatchListener {
  /** Called synchronously whenever `take` or `ending` may have a new answer. */
  onChange(): void;
}

export interface Watch<Event = WatchedEvent> extends AsyncIterableIterator<Event, undefined> {
  /** The next event, if there is one now. Watchers at the same position get the same object. */
  take(): Event | undefined;
  /** Undefined while more events may come. */
  ending(): Ending | undefined;
  /** Instead of iterating. From then on only the listener ends the watch; the signal is no longer listened to. */
  listen(listener: WatchListener): void;
  next(): Promise<IteratorResult<Event, undefined>>;
  return(): Promise<IteratorResult<Event, undefined>>;
}

export abstract class StreamWatch<Event = WatchedEvent, Stream extends WatchSet = WatchSet> implements Watch<Event> {
  /** With all its watchers, of which this is one. */
  protected readonly stream: Stream;
  #signal: AbortSignal | undefined;
  #listener: WatchListener | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  /** Set once it has left. */
  #parting: Ending | undefined;

  constructor(stream: Stream, signal: AbortSignal | undefined) {
    this.stream = stream;
    this.#signal = signal;
    stream.add(this);
    if (signal?.aborted === true) this.handleEvent();
    else signal?.addEventListener('abort', this);
  }

  protected abstract takeNext(): Event | undefined;
  protected abstract endingOfStream(): Ending | undefined;

  take(): Event | undefined {
    return this.#parting === undefined ? this.takeNext() : undefined;
  }

  ending(): Ending | undefined {
    return this.#parting ?? this.endingOfStream();
  }

  listen(listener: WatchListener): void {
    this.#listener = listener;
    this.#forgetSignal();
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    for (;;) {
      const event = this.take();
      if (event !== undefined) return { done: false, value: event };
      const ending = this.ending();
      if (ending !== undefined) {
        this.#leave('complete');
        // The error is given once: later calls get a normal end.
        this.#parting = 'complete';
        if (ending instanceof Error) throw ending;
        return { done: true, value: undefined };
      }
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
    }
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.#leave('complete');
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Called by the stream: there may be something new. */
  changed(): void {
    if (this.#listener !== undefined) return this.#listener.onChange();
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Its listener threw and may have lost an event: the watch must not go on as if nothing had happened. */
  fail(error: Error): void {
    this.#leave(error);
  }

  /** The signal's reason. To end a watch with a reason that the watcher reads, such as an expired token, abort with that reason. */
  handleEvent(): void {
    const reason: unknown = this.#signal?.reason;
    this.#leave(reason instanceof JobError ? reason : 'complete');
  }

  #leave(parting: Ending): void {
    if (this.#parting !== undefined) return;
    this.#parting = parting;
    this.#forgetSignal();
    this.stream.delete(this);
    this.changed();
  }

  #forgetSignal(): void {
    this.#signal?.removeEventListener('abort', this);
    this.#signal = undefined;
  }
}

/** All watchers of one stream, which extends this class or holds an instance of it. */
export abstract class WatchSet {
  #watches: Few<StreamWatch<unknown>>;

  /** Called when the last watcher has left. */
  protected abstract onEmpty(): void;
  /** Called with 1 and -1 as watchers come and go. */
  protected abstract onCount(change: 1 | -1): void;
  /** Called when a watcher's listener threw; the watcher has left. */
  abstract onThrow(error: unknown): void;

  add(watch: StreamWatch<unknown>): void {
    this.#watches = withItem(this.#watches, watch);
    this.onCount(1);
  }

  delete(watch: StreamWatch<unknown>): void {
    this.#watches = withoutItem(this.#watches, watch);
    this.onCount(-1);
    if (this.#watches === undefined) this.onEmpty();
  }

  /** Calls every watcher. A watcher that throws ends alone. */
  changed(): void {
    const watches = this.#watches;
    if (watches instanceof Set) for (const watch of watches) tell(watch, this);
    else if (watches !== undefined) tell(watches, this);
  }
}

function tell(watch: StreamWatch<unknown>, watches: WatchSet): void {
  try {
    watch.changed();
  } catch (error) {
    watches.onThrow(error);
    end(watch, error);
  }
}

function end(watch: StreamWatch<unknown>, error: unknown): void {
  try {
    watch.fail(error instanceof Error ? error : new Error(String(error)));
  } catch {
    // Even that call failed; it has left anyway.
  }
}

export interface WatchSetOwner {
  onEmpty(): void;
  onCount(change: 1 | -1): void;
  onThrow(error: unknown): void;
}

/** The watchers of a stream that does not extend `WatchSet`. */
export class WatchesOf extends WatchSet {
  readonly #owner: WatchSetOwner;

  constructor(owner: WatchSetOwner) {
    super();
    this.#owner = owner;
  }

  protected onEmpty(): void {
    this.#owner.onEmpty();
  }

  protected onCount(change: 1 | -1): void {
    this.#owner.onCount(change);
  }

  onThrow(error: unknown): void {
    this.#owner.onThrow(error);
  }
}
