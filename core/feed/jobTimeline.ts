/** What a process knows of one job's past, once for all its watchers, and a watcher's position in it. */
import { isFinal } from '../job.ts';
import type { JobEvent } from './event.ts';
import { StreamWatch, type Ending, type WatchedEvent, type WatchSet } from './watch.ts';

export interface WatchOptions {
  /** The last version the watcher has seen; it gets what follows. Without it, first the present state. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came since the last transition: the news alone, and the transition with the news, each one object for all. */
interface News {
  readonly number: number;
  readonly alone: WatchedEvent;
  readonly merged: WatchedEvent;
}

/** Events kept for watchers that lag; older ones are answered with `recovered: false`. */
const maxEvents = 200;

export class JobTimeline {
  #events: WatchedEvent[] = [];
  #news: News | undefined;
  #failure: Error | undefined;

  /** Oldest first. */
  begin(events: readonly JobEvent[]): void {
    this.#events = events.map((event) => ({ ...event, recovered: undefined }));
  }

  append(event: JobEvent, recovered: boolean | undefined): void {
    this.#events.push({ ...event, recovered });
    if (this.#events.length > maxEvents) this.#events.shift();
    this.#news = undefined;
  }

  addNews(event: JobEvent): void {
    const { attempt, error, progress } = event;
    const transition = this.head();
    const alone = { ...event, recovered: undefined };
    const merged = transition === undefined ? alone : { ...transition, attempt, error, progress };
    this.#news = { number: (this.#news?.number ?? 0) + 1, alone, merged };
  }

  /** Nothing comes after this. */
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

  news(): News | undefined {
    return this.#news;
  }

  /** The first of those after this version. */
  following(version: number): WatchedEvent | undefined {
    const last = this.head();
    // Mostly the last. Else looked for by version: where history no longer held some, the log has a hole.
    return last?.version === version + 1 ? last : this.#events.find((event) => event.version > version);
  }

  wasFinalAt(version: number | undefined): boolean {
    return this.#events.some((event) => event.version === version && isFinal(event.status));
  }
}

export class JobWatch extends StreamWatch {
  readonly #timeline: JobTimeline;
  /** What it is told up to here was there before it came. */
  readonly #resumedAt: number;
  #seen: number;
  #newsSeen = 0;
  #atFinal: boolean;

  constructor(timeline: JobTimeline, watches: WatchSet, { afterVersion, signal }: WatchOptions) {
    super(watches, signal);
    this.#timeline = timeline;
    this.#resumedAt = afterVersion === undefined ? 0 : timeline.headVersion();
    this.#seen = afterVersion ?? timeline.headVersion() - 1;
    this.#atFinal = timeline.wasFinalAt(afterVersion);
  }

  protected takeNext(): WatchedEvent | undefined {
    const timeline = this.#timeline;
    if (this.#isOver() || timeline.failure() !== undefined) return undefined;
    if (this.#seen < timeline.headVersion()) return this.#takeTransition();
    const news = timeline.news();
    if (news === undefined || news.number === this.#newsSeen) return undefined;
    this.#newsSeen = news.number;
    return news.alone;
  }

  protected endingOfStream(): Ending | undefined {
    return this.#timeline.failure() ?? (this.#isOver() ? 'complete' : undefined);
  }

  /** Also of a watcher that resumed where the job has ended: it has nothing to wait for. */
  #isOver(): boolean {
    const last = this.#timeline.head();
    return this.#atFinal || (last !== undefined && this.#seen >= last.version && isFinal(last.status));
  }

  #takeTransition(): WatchedEvent | undefined {
    const timeline = this.#timeline;
    const next = timeline.following(this.#seen);
    if (next === undefined) return undefined;
    const hasGap = next.version > this.#seen + 1 && this.#seen > 0;
    this.#seen = next.version;
    this.#atFinal = isFinal(next.status);
    const news = this.#seen === timeline.headVersion() ? timeline.news() : undefined;
    this.#newsSeen = news?.number ?? 0;
    const event = news?.merged ?? next;
    if (hasGap) return { ...event, recovered: false };
    return this.#seen <= this.#resumedAt ? { ...event, recovered: true } : event;
  }
}
