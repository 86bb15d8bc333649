/** What a process keeps of an owner's events, by their position in all that ever came, and a watcher's position in it. */
import { JobError } from '../errors.ts';
import { StreamWatch, type Ending, type WatchedEvent, type WatchSet } from './watch.ts';

/** Events a watcher may lag behind. */
const maxLag = 1024;

export class OwnerLog {
  #events: WatchedEvent[] = [];
  /** Position of the first event that is kept. */
  #offset = 0;
  #failure: Error | undefined;

  append(event: WatchedEvent): void {
    this.#events.push(event);
    // Trimmed by halves, so that a shift is rare.
    if (this.#events.length > 2 * maxLag) {
      this.#events = this.#events.slice(-maxLag);
      this.#offset += maxLag + 1;
    }
  }

  /** Nothing comes after this. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  failure(): Error | undefined {
    return this.#failure;
  }

  end(): number {
    return this.#offset + this.#events.length;
  }

  at(position: number): WatchedEvent | 'forgotten' | undefined {
    return position < this.#offset ? 'forgotten' : this.#events[position - this.#offset];
  }
}

export class OwnerWatch extends StreamWatch {
  readonly #log: OwnerLog;
  #position: number;
  #ending: Error | undefined;

  constructor(log: OwnerLog, watches: WatchSet, signal: AbortSignal | undefined) {
    super(watches, signal);
    this.#log = log;
    this.#position = log.end();
  }

  protected takeNext(): WatchedEvent | undefined {
    if (this.#ending !== undefined) return undefined;
    const event = this.#log.at(this.#position);
    if (event === 'forgotten') {
      this.#ending = new JobError('FEED_INTERRUPTED', { message: 'This watcher reads too slowly.' });
      return undefined;
    }
    if (event === undefined) this.#ending = this.#log.failure();
    else this.#position += 1;
    return event;
  }

  protected endingOfStream(): Ending | undefined {
    return this.#ending ?? (this.#position === this.#log.end() ? this.#log.failure() : undefined);
  }
}
