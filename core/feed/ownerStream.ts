/**
 * All events of one owner's jobs, once for all that owner's watchers in this process. Each job's events come in order
 * and without gaps; between jobs there is no order. Where that can no longer be promised (the feed was interrupted, or
 * a watcher lags by more than the log holds), watchers end with `FEED_INTERRUPTED`, never silently.
 */
import type { Log } from '../../telemetry/log.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import { eventsOf, type JobEvent } from './event.ts';
import type { Feed } from './feed.ts';
import { StreamWatch, WatchSet, type Ending, type Watch, type WatchedEvent } from './watch.ts';

export interface OwnerStream {
  watch(options: { readonly signal?: AbortSignal | undefined }): Watch;
  fail(error: Error): void;
}

/** The same for all streams. */
export interface OwnerStreamDeps {
  readonly feed: Feed;
  readonly read: (jobId: string) => Promise<Job | undefined>;
  readonly now: () => number;
  readonly log: Log;
  /** Called once a stream, when its last watcher has gone. */
  readonly onIdle: (owner: string) => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
  readonly onRepair: (event: JobEvent) => void;
}

/** Events a watcher may lag behind. */
const maxLag = 1024;
/** Jobs whose last version is remembered; the longest untouched ones are forgotten first. */
const maxJobs = 10_000;

interface Seen {
  version: number;
  /** Time of the last transition or news, so that what is doubled or late is dropped. */
  at: number;
  reading: boolean;
  readAgain: boolean;
}

/** @throws {JobError} `FEED_INTERRUPTED` while the feed is away. */
export async function openOwnerStream(
  owner: string,
  { feed, read, now, log, onIdle, onCount, onRepair }: OwnerStreamDeps,
): Promise<OwnerStream> {
  const jobs = new Map<string, Seen>();
  const watches = new WatchSet({ onEmpty: close, onCount });
  const startedAt = now();
  let events: WatchedEvent[] = [];
  /** Position of `events[0]` in all that was ever logged. */
  let offset = 0;
  let failure: Error | undefined;

  function append(event: JobEvent, recovered: boolean | undefined): void {
    events.push({ ...event, recovered });
    // Trimmed by halves, so that a shift is rare.
    if (events.length > 2 * maxLag) {
      events = events.slice(-maxLag);
      offset += maxLag + 1;
    }
    watches.changed();
  }

  function remember(event: JobEvent): Seen {
    const known = jobs.get(event.jobId);
    const seen = known ?? { version: 0, at: 0, reading: false, readAgain: false };
    jobs.delete(event.jobId);
    jobs.set(event.jobId, seen);
    if (jobs.size > maxJobs) {
      const [oldest] = jobs.keys();
      if (oldest !== undefined) jobs.delete(oldest);
    }
    return seen;
  }

  function onEvent(event: JobEvent): void {
    const seen = remember(event);
    if (event.version === seen.version + 1 && !seen.reading) {
      take(seen, event, undefined);
    } else if (event.version > seen.version) {
      void repair(event.jobId, seen);
    } else if (event.version === seen.version && event.at > seen.at && !isFinal(event.status)) {
      seen.at = event.at;
      append(event, undefined);
    }
  }

  function take(seen: Seen, event: JobEvent, recovered: boolean | undefined): void {
    seen.version = event.version;
    seen.at = event.at;
    append(event, recovered);
  }

  async function repair(jobId: string, seen: Seen): Promise<void> {
    seen.readAgain = true;
    if (seen.reading) return;
    seen.reading = true;
    try {
      while (seen.readAgain) {
        seen.readAgain = false;
        const job = await read(jobId);
        if (job !== undefined) merge(job, seen);
      }
    } catch (error) {
      log.warn({ error, jobId }, 'a job of a watched owner could not be read');
      fail(new JobError('FEED_INTERRUPTED', {}, { cause: error }));
    } finally {
      seen.reading = false;
    }
  }

  /** A job met for the first time began before the watch did: what is older than the watch is not told again. */
  function merge(job: Job, seen: Seen): void {
    const isNew = seen.version === 0;
    for (const event of eventsOf(job)) {
      if (event.version <= seen.version) continue;
      const missed = !isNew || event.at >= startedAt;
      if (!missed && event.version < job.version) continue;
      if (missed && !isNew) onRepair(event);
      take(seen, event, isNew ? undefined : event.version === seen.version + 1);
    }
  }

  function onInterrupted(): void {
    fail(new JobError('FEED_INTERRUPTED'));
  }

  function fail(error: Error): void {
    failure ??= error;
    watches.changed();
  }

  function close(): void {
    failure ??= new JobError('FEED_INTERRUPTED');
    void unsubscribe();
    onIdle(owner);
  }

  const unsubscribe = await feed.subscribe({ owner }, { onEvent, onInterrupted });
  if (!feed.isConnected()) {
    await unsubscribe();
    throw new JobError('FEED_INTERRUPTED', { message: 'The feed is away at present.' });
  }

  const timeline: OwnerTimeline = {
    end: () => offset + events.length,
    at: (position) => (position < offset ? 'forgotten' : events[position - offset]),
    failure: () => failure,
  };
  return { fail, watch: ({ signal }) => new OwnerWatch(timeline, watches, signal) };
}

/** What a process keeps of an owner's events, by their position in all that ever came. */
interface OwnerTimeline {
  end(): number;
  at(position: number): WatchedEvent | 'forgotten' | undefined;
  failure(): Error | undefined;
}

class OwnerWatch extends StreamWatch {
  readonly #timeline: OwnerTimeline;
  #position: number;
  #ending: Error | undefined;

  constructor(timeline: OwnerTimeline, watches: WatchSet, signal: AbortSignal | undefined) {
    super(watches, signal);
    this.#timeline = timeline;
    this.#position = timeline.end();
  }

  protected takeNext(): WatchedEvent | undefined {
    if (this.#ending !== undefined) return undefined;
    const event = this.#timeline.at(this.#position);
    if (event === 'forgotten') {
      this.#ending = new JobError('FEED_INTERRUPTED', { message: 'This watcher reads too slowly.' });
      return undefined;
    }
    if (event === undefined) this.#ending = this.#timeline.failure();
    else this.#position += 1;
    return event;
  }

  protected endingOfStream(): Ending | undefined {
    return this.#ending ?? (this.#position === this.#timeline.end() ? this.#timeline.failure() : undefined);
  }
}
