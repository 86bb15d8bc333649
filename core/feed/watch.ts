/**
 * One watcher of a stream: a position that takes the next event when its consumer wants one. Consumers pull it as an
 * async iterator, or, where each microtask counts, take synchronously whenever they are told of a change.
 */
import { JobError } from '../errors.ts';
import type { JobEvent } from './event.ts';

/**
 * `recovered`: undefined for what came live; true for what was read from history after a gap; false where versions
 * before this one are lost, because the history no longer held them.
 */
export type WatchedEvent = JobEvent & { readonly recovered: boolean | undefined };

export type Ending = 'complete' | Error;

export interface Watch extends AsyncIterableIterator<WatchedEvent> {
  /** The next event, if there is one now. Watchers at the same position get the same object. */
  take(): WatchedEvent | undefined;
  /** Undefined while more may come. */
  ending(): Ending | undefined;
  /** Called synchronously whenever `take` or `ending` may answer anew; instead of iterating. */
  onChange(listener: () => void): void;
  next(): Promise<IteratorResult<WatchedEvent, undefined>>;
  return(): Promise<IteratorResult<WatchedEvent, undefined>>;
  [Symbol.asyncIterator](): Watch;
}

export interface WatchPosition {
  take(): WatchedEvent | undefined;
  ending(): Ending | undefined;
}

/** All watchers of one stream. */
export interface WatchSet {
  add(position: WatchPosition, signal: AbortSignal | undefined): Watch;
  /** Tells every watcher to look again. */
  changed(): void;
}

export interface WatchSetDeps {
  /** Called each time the last watcher has left. */
  readonly onEmpty: () => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
}

export function createWatchSet({ onEmpty, onCount }: WatchSetDeps): WatchSet {
  const listeners = new Set<() => void>();

  function add(position: WatchPosition, signal: AbortSignal | undefined): Watch {
    let hasLeft = false;
    let parting: Ending = 'complete';
    let listener: (() => void) | undefined;
    let waiting: PromiseWithResolvers<void> | undefined;

    function notify(): void {
      if (listener !== undefined) return listener();
      waiting?.resolve();
      waiting = undefined;
    }
    function leave(): void {
      if (hasLeft) return;
      hasLeft = true;
      signal?.removeEventListener('abort', onAbort);
      listeners.delete(notify);
      onCount(-1);
      if (listeners.size === 0) onEmpty();
      notify();
    }
    function onAbort(): void {
      // Whoever ends a watch for a reason that the watcher should read, such as a token that expired, aborts with it.
      const reason: unknown = signal?.reason;
      if (reason instanceof JobError) parting = reason;
      leave();
    }

    const watch: Watch = {
      take: () => (hasLeft ? undefined : position.take()),
      ending: () => (hasLeft ? parting : position.ending()),
      onChange(changed) {
        listener = changed;
      },
      async next() {
        for (;;) {
          const event = watch.take();
          if (event !== undefined) return { done: false, value: event };
          const ending = watch.ending();
          if (ending !== undefined) {
            leave();
            // Told once: who asks again after an error gets the end.
            parting = 'complete';
            if (ending instanceof Error) throw ending;
            return { done: true, value: undefined };
          }
          waiting ??= Promise.withResolvers();
          await waiting.promise;
        }
      },
      return() {
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => watch,
    };
    listeners.add(notify);
    onCount(1);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    return watch;
  }

  return {
    add,
    changed() {
      for (const notify of listeners) notify();
    },
  };
}
