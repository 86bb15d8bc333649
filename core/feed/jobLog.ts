/** The events of one job that a process keeps, shared by all its watchers, and a watcher's position in them. */
import { isFinal } from '../job.ts';
import { StreamWatch, watchedEvent, type Ending, type WatchedEvent, type WatchSet } from './watch.ts';

export interface WatchOptions {
  /** The last version the watcher has seen; it gets the versions after it. Without it, it gets the present state first. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The events since the last transition: the update alone, and the transition together with it. Each is one object for all watchers. */
interface Update {
  readonly number: number;
  readonly alone: WatchedEvent;
  readonly merged: WatchedEvent;
  /** A watcher that comes from another server may have seen later updates. */
  readonly mayBeOld: boolean;
}

/** Events kept for watchers that lag; older ones are reported as missing by `recovered: false`. */
const maxEvents = 200;

export class JobLog {
  #events: WatchedEvent[] = [];
  #update: Update | undefined;
  #failure: Error | undefined;
  /** How often events were taken back, and the last version up to which they had been sent. */
  #rewinds = 0;
  #rewoundTo = 0;

  /** Oldest first; the log keeps the array. Not one that grew by `push`, which reserves room for more: most jobs have few events. */
  begin(events: WatchedEvent[]): void {
    this.#events = events;
  }

  /** A transition, or an update of the last one. */
  append(event: WatchedEvent, { mayBeOld = false } = {}): void {
    const head = this.head();
    if (head !== undefined && event.version === head.version) {
      const { attempt, error, progress } = event;
      this.#update = {
        number: (this.#update?.number ?? 0) + 1,
        alone: event,
        merged: watchedEvent({ ...head, attempt, error, progress }, head.recovered),
        mayBeOld,
      };
    } else {
      this.#events.push(event);
      if (this.#events.length > maxEvents) this.#events.shift();
      this.#update = undefined;
    }
  }

  /** Events after this version were wrong (a forged hint). Watchers that were sent them are sent the right ones. */
  rewindTo(version: number): void {
    this.#events = this.#events.filter((event) => event.version <= version);
    this.#update = undefined;
    this.#rewinds += 1;
    this.#rewoundTo = version;
  }

  get rewinds(): number {
    return this.#rewinds;
  }

  get rewoundTo(): number {
    return this.#rewoundTo;
  }

  /** A later update may have been lost here. */
  ageUpdate(): void {
    if (this.#update !== undefined) this.#update = { ...this.#update, mayBeOld: true };
  }

  /** Nothing comes after this error. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  failure(): Error | undefined {
    return this.#failure;
  }

  head(): WatchedEvent | undefined {
    return this.#events.at(-1);
  }

  headVersion(): number {
    return this.head()?.version ?? 0;
  }

  update(): Update | undefined {
    return this.#update;
  }

  /** The first event after this version. */
  following(version: number): WatchedEvent | undefined {
    const last = this.head();
    // Usually the last one. Else it is looked up by version: where the history was cut, the log has a hole.
    return last?.version === version + 1 ? last : this.#events.find((event) => event.version > version);
  }
}

export class JobWatch extends StreamWatch {
  readonly #log: JobLog;
  /** Events up to here happened before it came, including the ends of earlier generations. */
  readonly #resumedAt: number;
  #seen: number;
  #updatesSeen = 0;
  #rewindsSeen: number;
  #atFinal = false;

  constructor(log: JobLog, watches: WatchSet, { afterVersion, signal }: WatchOptions) {
    super(watches, signal);
    this.#log = log;
    this.#resumedAt = afterVersion === undefined ? 0 : log.headVersion();
    this.#seen = afterVersion ?? log.headVersion() - 1;
    this.#rewindsSeen = log.rewinds;
    // The watcher may have seen later updates elsewhere.
    if (log.update()?.mayBeOld === true && this.#seen >= log.headVersion()) this.#updatesSeen = log.update()?.number ?? 0;
  }

  protected takeNext(): WatchedEvent | undefined {
    const log = this.#log;
    if (this.#isOver() || log.failure() !== undefined) return undefined;
    if (this.#seen < log.headVersion()) return this.#takeTransition();
    const update = log.update();
    if (update === undefined || update.number === this.#updatesSeen || this.#seen > log.headVersion()) return undefined;
    this.#updatesSeen = update.number;
    return update.alone;
  }

  protected endingOfStream(): Ending | undefined {
    return this.#log.failure() ?? (this.#isOver() ? 'complete' : undefined);
  }

  /** Also for a watcher that resumes where the job has ended: nothing will follow. */
  #isOver(): boolean {
    const last = this.#log.head();
    if (this.#rewindsSeen !== this.#log.rewinds) this.#goBack();
    return this.#atFinal || (last !== undefined && this.#seen >= last.version && isFinal(last.status));
  }

  #goBack(): void {
    this.#rewindsSeen = this.#log.rewinds;
    this.#seen = Math.min(this.#seen, this.#log.rewoundTo);
    this.#updatesSeen = 0;
  }

  #takeTransition(): WatchedEvent | undefined {
    const log = this.#log;
    const next = log.following(this.#seen);
    if (next === undefined) return undefined;
    const hasGap = next.version > this.#seen + 1 && this.#seen > 0;
    this.#seen = next.version;
    // An end before the watcher came, followed by a retry, does not end the watch.
    this.#atFinal = isFinal(next.status) && next.version >= this.#resumedAt;
    const update = this.#seen === log.headVersion() ? log.update() : undefined;
    this.#updatesSeen = update?.number ?? 0;
    const event = update?.merged ?? next;
    if (hasGap) return watchedEvent(event, false);
    return this.#seen <= this.#resumedAt ? watchedEvent(event, true) : event;
  }
}
