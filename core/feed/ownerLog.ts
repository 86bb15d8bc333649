/** The events of one owner that a process keeps, by their position among all that ever came, and a watcher's position in them. */
import { JobError } from '../errors.ts';
import type { JobFacts } from './event.ts';
import { StreamWatch, type Ending, type WatchedEvent, type WatchSet } from './watch.ts';

/** Whether a watcher chose this event. */
export type Chooses = (event: WatchedEvent, job: JobFacts) => boolean;

interface Told {
  readonly event: WatchedEvent;
  readonly job: JobFacts;
}

/** How many events a watcher may lag behind. */
const maxLag = 1024;

export class OwnerLog {
  #events: Told[] = [];
  /** Position of the first event that is kept. */
  #offset = 0;
  #failure: Error | undefined;

  append(event: WatchedEvent, job: JobFacts): void {
    this.#events.push({ event, job });
    // Half of it is dropped at a time, so that the array is seldom shifted.
    if (this.#events.length > 2 * maxLag) {
      this.#events = this.#events.slice(-maxLag);
      this.#offset += maxLag + 1;
    }
  }

  /** Nothing comes after this error. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  failure(): Error | undefined {
    return this.#failure;
  }

  end(): number {
    return this.#offset + this.#events.length;
  }

  at(position: number): Told | 'forgotten' | undefined {
    return position < this.#offset ? 'forgotten' : this.#events[position - this.#offset];
  }
}

export class OwnerWatch extends StreamWatch {
  readonly #log: OwnerLog;
  readonly #chooses: Chooses | undefined;
  #position: number;
  #ending: Error | undefined;

  constructor(
    log: OwnerLog,
    watches: WatchSet,
    { signal, chooses }: { readonly signal?: AbortSignal | undefined; readonly chooses?: Chooses | undefined },
  ) {
    super(watches, signal);
    this.#log = log;
    this.#chooses = chooses;
    this.#position = log.end();
  }

  protected takeNext(): WatchedEvent | undefined {
    if (this.#ending !== undefined) return undefined;
    for (;;) {
      const told = this.#log.at(this.#position);
      if (told === 'forgotten') {
        this.#ending = new JobError('FEED_INTERRUPTED', { message: 'This watcher reads too slowly.' });
        return undefined;
      }
      if (told === undefined) {
        this.#ending = this.#log.failure();
        return undefined;
      }
      this.#position += 1;
      if (this.#chooses?.(told.event, told.job) !== false) return told.event;
    }
  }

  protected endingOfStream(): Ending | undefined {
    return this.#ending ?? (this.#position === this.#log.end() ? this.#log.failure() : undefined);
  }
}
