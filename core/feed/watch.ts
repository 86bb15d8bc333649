/**
 * One watcher of a stream: a position that moves on when its consumer takes an event. Consumers pull events as an async
 * iterator or, where each microtask counts, take them synchronously when the watch calls their listener.
 *
 * Classes are used here and in the streams because there are very many watchers: a method costs an instance no memory.
 */
import { JobError } from '../errors.ts';
import type { JobEvent } from './event.ts';

/**
 * `recovered`: undefined for a live event; true for one read from history after a gap; false where versions before this one are
 * lost, because the history no longer held them.
 */
export type WatchedEvent = JobEvent & { readonly recovered: boolean | undefined };

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

export abstract class StreamWatch<Event = WatchedEvent> implements Watch<Event> {
  readonly #watches: WatchSet;
  #signal: AbortSignal | undefined;
  #listener: WatchListener | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  /** Set once it has left. */
  #parting: Ending | undefined;

  constructor(watches: WatchSet, signal: AbortSignal | undefined) {
    this.#watches = watches;
    this.#signal = signal;
    watches.add(this);
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
    this.#watches.delete(this);
    this.changed();
  }

  #forgetSignal(): void {
    this.#signal?.removeEventListener('abort', this);
    this.#signal = undefined;
  }
}

/** The stream. */
export interface WatchSetOwner {
  /** Called when the last watcher has left. */
  onEmpty(): void;
  /** Called with 1 and -1 as watchers come and go. */
  onCount(change: 1 | -1): void;
  /** Called when a watcher's listener threw; the watcher has left. */
  onThrow(error: unknown): void;
}

/** All watchers of one stream. Usually there is one, so no set is made for it. */
export class WatchSet {
  #only: StreamWatch<unknown> | undefined;
  #several: Set<StreamWatch<unknown>> | undefined;
  readonly #stream: WatchSetOwner;

  constructor(stream: WatchSetOwner) {
    this.#stream = stream;
  }

  add(watch: StreamWatch<unknown>): void {
    if (this.#several !== undefined) this.#several.add(watch);
    else if (this.#only === undefined) this.#only = watch;
    else this.#several = new Set([this.#only, watch]);
    this.#stream.onCount(1);
  }

  delete(watch: StreamWatch<unknown>): void {
    this.#several?.delete(watch);
    if (this.#only === watch) this.#only = undefined;
    this.#stream.onCount(-1);
    if (this.#several === undefined ? this.#only === undefined : this.#several.size === 0) this.#stream.onEmpty();
  }

  /** Calls every watcher. A watcher that throws ends alone. */
  changed(): void {
    if (this.#several === undefined) {
      if (this.#only !== undefined) this.#tell(this.#only);
    } else {
      for (const watch of this.#several) this.#tell(watch);
    }
  }

  #tell(watch: StreamWatch<unknown>): void {
    try {
      watch.changed();
    } catch (error) {
      this.#end(watch, error);
    }
  }

  #end(watch: StreamWatch<unknown>, error: unknown): void {
    this.#stream.onThrow(error);
    try {
      watch.fail(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Even that call failed; it has left anyway.
    }
  }
}
