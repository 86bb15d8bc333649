/** The events of one job that a process keeps, shared by all its watchers, and a watcher's position in them. */
import { isFinal } from '../job.ts';
import { StreamWatch, watchedEvent, WatchSet, type Ending, type WatchedEvent } from './watch.ts';

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

/** How often events were taken back, and the last version up to which they had been sent. */
interface Rewinds {
  readonly count: number;
  readonly to: number;
}

const noRewinds: Rewinds = { count: 0, to: 0 };

/** The log and the set of its watchers are one object, because very many jobs are watched. */
export abstract class JobLog extends WatchSet {
  /** The last transition. */
  #head: WatchedEvent | undefined;
  /** Those before it, oldest first. */
  #earlier: WatchedEvent[] | undefined;
  #update: Update | undefined;
  #failure: Error | undefined;
  #rewinds = noRewinds;

  /** Oldest first. */
  protected beginLog(events: readonly WatchedEvent[]): void {
    this.#head = events.at(-1);
    this.#earlier = events.length > 1 ? events.slice(0, -1) : undefined;
  }

  /** A transition, or an update of the last one. */
  protected append(event: WatchedEvent, { mayBeOld = false } = {}): void {
    const head = this.#head;
    if (head !== undefined && event.version === head.version) {
      const { attempt, error, progress } = event;
      this.#update = {
        number: (this.#update?.number ?? 0) + 1,
        alone: event,
        merged: watchedEvent({ ...head, attempt, error, progress }, head.recovered),
        mayBeOld,
      };
    } else {
      if (head !== undefined) this.#keepEarlier(head);
      this.#head = event;
      this.#update = undefined;
    }
  }

  #keepEarlier(event: WatchedEvent): void {
    // Not an empty array that grows, which would reserve room for many: most jobs have few events.
    if (this.#earlier === undefined) this.#earlier = [event];
    else if (this.#earlier.push(event) >= maxEvents) this.#earlier.shift();
  }

  /** Events after this version were wrong (a forged hint). Watchers that were sent them are sent the right ones. */
  protected rewindTo(version: number): void {
    const head = this.#head;
    const all = head === undefined ? [] : [...(this.#earlier ?? []), head];
    this.beginLog(all.filter((event) => event.version <= version));
    this.#update = undefined;
    this.#rewinds = { count: this.#rewinds.count + 1, to: version };
  }

  get rewinds(): Rewinds {
    return this.#rewinds;
  }

  /** A later update may have been lost here. */
  protected ageUpdate(): void {
    if (this.#update !== undefined) this.#update = { ...this.#update, mayBeOld: true };
  }

  /** Nothing comes after this error. */
  protected endLog(error: Error): void {
    this.#failure ??= error;
  }

  failure(): Error | undefined {
    return this.#failure;
  }

  head(): WatchedEvent | undefined {
    return this.#head;
  }

  headVersion(): number {
    return this.#head?.version ?? 0;
  }

  update(): Update | undefined {
    return this.#update;
  }

  /** The first event after this version, where the last one is after it. */
  following(version: number): WatchedEvent | undefined {
    // Usually the last one. Else it is looked up by version: where the history was cut, the log has a hole.
    if (this.#head?.version === version + 1) return this.#head;
    return this.#earlier?.find((event) => event.version > version) ?? this.#head;
  }
}

export class JobWatch extends StreamWatch<WatchedEvent, JobLog> {
  /** Events up to here happened before it came, including the ends of earlier generations. */
  readonly #resumedAt: number;
  #seen: number;
  #updatesSeen = 0;
  #rewindsSeen: number;
  #atFinal = false;

  constructor(log: JobLog, { afterVersion, signal }: WatchOptions) {
    super(log, signal);
    this.#resumedAt = afterVersion === undefined ? 0 : log.headVersion();
    this.#seen = afterVersion ?? log.headVersion() - 1;
    this.#rewindsSeen = log.rewinds.count;
    // The watcher may have seen later updates elsewhere.
    if (log.update()?.mayBeOld === true && this.#seen >= log.headVersion()) this.#updatesSeen = log.update()?.number ?? 0;
  }

  protected takeNext(): WatchedEvent | undefined {
    const log = this.stream;
    if (this.#isOver() || log.failure() !== undefined) return undefined;
    if (this.#seen < log.headVersion()) return this.#takeTransition();
    const update = log.update();
    if (update === undefined || update.number === this.#updatesSeen || this.#seen > log.headVersion()) return undefined;
    this.#updatesSeen = update.number;
    return update.alone;
  }

  protected endingOfStream(): Ending | undefined {
    return this.stream.failure() ?? (this.#isOver() ? 'complete' : undefined);
  }

  /** Also for a watcher that resumes where the job has ended: nothing will follow. */
  #isOver(): boolean {
    const { rewinds } = this.stream;
    const last = this.stream.head();
    if (this.#rewindsSeen !== rewinds.count) this.#goBack(rewinds);
    return this.#atFinal || (last !== undefined && this.#seen >= last.version && isFinal(last.status));
  }

  #goBack({ count, to }: Rewinds): void {
    this.#rewindsSeen = count;
    this.#seen = Math.min(this.#seen, to);
    this.#updatesSeen = 0;
  }

  #takeTransition(): WatchedEvent | undefined {
    const log = this.stream;
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
