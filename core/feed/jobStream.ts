/**
 * One job's events, once for all its watchers in this process: in order, without gaps, whatever the feed loses, doubles
 * or reorders. The feed's messages are hints; where one does not follow the last, the record's history is read.
 *
 * A watcher is no buffer but a position in the shared timeline. So a slow watcher costs no memory, a thousand watchers cost
 * one read, and progress is conflated: only the latest is kept.
 */
import type { Log } from '../../telemetry/log.ts';
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { eventsOf, latestEventOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { JobTimeline, JobWatch, type WatchOptions } from './jobTimeline.ts';
import { WatchSet, type Watch, type WatchSetOwner } from './watch.ts';

/** The same for all streams. */
export interface JobStreamDeps {
  readonly feed: Feed;
  readonly read: (jobId: string) => Promise<Job | undefined>;
  readonly log: Log;
  /** How often the table is read while the feed is away, in milliseconds. */
  readonly pollMs: number;
  /** Called once a stream, when its last watcher has gone. */
  readonly onIdle: (jobId: string) => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
  /** Called for each event that the feed failed to bring. */
  readonly onRepair: (event: JobEvent) => void;
}

/** @throws {JobError} `JOB_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export async function openJobStream(jobId: string, deps: JobStreamDeps): Promise<JobStream> {
  const stream = new JobStream(jobId, deps);
  await stream.open();
  return stream;
}

export class JobStream implements FeedListener, WatchSetOwner {
  readonly #jobId: string;
  readonly #deps: JobStreamDeps;
  readonly #timeline = new JobTimeline();
  readonly #watches = new WatchSet(this);
  #owner = '';
  /** Of the last transition or news. */
  #lastAt = 0;
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #poll: NodeJS.Timeout | undefined;
  /** Hints that arrived before the record was read, and whether some may have been lost by then. */
  #early: { readonly hints: JobEvent[]; wereInterrupted: boolean } | undefined = { hints: [], wereInterrupted: false };
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(jobId: string, deps: JobStreamDeps) {
    this.#jobId = jobId;
    this.#deps = deps;
  }

  /** Known once it is open. */
  get owner(): string {
    return this.#owner;
  }

  /** Once, before anything else. */
  async open(): Promise<void> {
    const { feed, read } = this.#deps;
    // Subscribed before the record is read, so that nothing falls between the two.
    const unsubscribe = await feed.subscribe({ jobId: this.#jobId }, this);
    this.#unsubscribe = unsubscribe;
    try {
      const job = await read(this.#jobId);
      if (job === undefined) throw new JobError('JOB_NOT_FOUND');
      this.#begin(job);
    } catch (error) {
      await unsubscribe();
      throw error;
    }
  }

  /** Completes after a final state. Rejects with `JOB_NOT_FOUND` when the job is deleted meanwhile. */
  watch(options: WatchOptions): Watch {
    // Whoever has seen more than this process knows of a hint that was lost here.
    if ((options.afterVersion ?? 0) > this.#timeline.headVersion()) void this.#repair();
    return new JobWatch(this.#timeline, this.#watches, options);
  }

  /** Ends every watcher with this error. */
  fail(error: Error): void {
    this.#timeline.fail(error);
    this.#watches.changed();
  }

  onEvent(event: JobEvent): void {
    const headVersion = this.#timeline.headVersion();
    if (this.#early !== undefined) {
      this.#early.hints.push(event);
    } else if (event.version === headVersion + 1) {
      this.#append(event, undefined);
      this.#watches.changed();
    } else if (event.version > headVersion) {
      void this.#repair();
    } else if (event.version === headVersion && event.at > this.#lastAt) {
      this.#lastAt = event.at;
      this.#timeline.addNews(event);
      this.#watches.changed();
    }
  }

  onInterrupted(): void {
    if (this.#early !== undefined) {
      // The record is being read, perhaps as it was before what got lost: read it again after that, and only then.
      this.#early.wereInterrupted = true;
      return;
    }
    void this.#repair();
    if (!this.#deps.feed.isConnected()) this.#pollLater();
  }

  onCount(change: 1 | -1): void {
    this.#deps.onCount(change);
  }

  onEmpty(): void {
    this.#timeline.fail(new JobError('SHUTTING_DOWN'));
    clearTimeout(this.#poll);
    void this.#unsubscribe?.();
    this.#deps.onIdle(this.#jobId);
  }

  #begin(job: Job): void {
    this.#owner = job.owner;
    this.#timeline.begin(eventsOf(job));
    this.#lastAt = this.#timeline.head()?.at ?? 0;
    if (job.progress !== undefined) this.#timeline.addNews(latestEventOf(job));
    const early = this.#early;
    this.#early = undefined;
    for (const hint of early?.hints ?? []) this.onEvent(hint);
    if (early?.wereInterrupted === true) void this.#repair();
    if (!this.#deps.feed.isConnected()) this.#pollLater();
  }

  #append(event: JobEvent, recovered: boolean | undefined): void {
    this.#timeline.append(event, recovered);
    this.#lastAt = event.at;
  }

  /** Reads what was missed. Calls meanwhile share one more read, since they may know of something newer. */
  #repair(): Promise<void> {
    this.#readAgain = true;
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#readAgain && this.#timeline.failure() === undefined) {
      this.#readAgain = false;
      try {
        const job = await this.#deps.read(this.#jobId);
        if (job === undefined) this.fail(new JobError('JOB_NOT_FOUND'));
        else this.#merge(job);
      } catch (error) {
        this.#deps.log.warn({ error, jobId: this.#jobId }, 'a watched job could not be read; trying again');
        this.#pollLater();
      }
    }
  }

  #merge(job: Job): void {
    let expected = this.#timeline.headVersion() + 1;
    for (const event of eventsOf(job)) {
      if (event.version < expected) continue;
      this.#append(event, event.version === expected);
      this.#deps.onRepair(event);
      expected = event.version + 1;
    }
    if (job.progress !== undefined && job.progress !== this.#timeline.news()?.alone.progress) this.#timeline.addNews(latestEventOf(job));
    this.#watches.changed();
  }

  #pollLater(): void {
    if (this.#poll !== undefined || this.#timeline.failure() !== undefined) return;
    const { feed, pollMs } = this.#deps;
    this.#poll = setTimeout(() => {
      this.#poll = undefined;
      void this.#repair().then(() => {
        if (!feed.isConnected()) this.#pollLater();
      });
    }, pollMs);
  }
}
