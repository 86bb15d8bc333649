/**
 * Follows data that stands beside the jobs' records and grows, such as a log: reads on from a position until nothing more can
 * come. The table is the truth. Hints of the feed say when to read; where none come, it is read at intervals, as a job's record
 * is.
 *
 * Nothing further is read until the consumer has taken what was read, so a slow consumer costs no memory.
 */
import { JobError } from '../errors.ts';
import type { JobEvent } from './event.ts';
import type { Channel, Feed, FeedListener } from './feed.ts';
import type { ReadSchedule, ScheduledReader } from './readSchedule.ts';
import { StreamWatch, WatchesOf, type Ending, type Watch, type WatchSet } from './watch.ts';

/** Shared by all followers. */
export interface FollowerDeps {
  readonly feed: Pick<Feed, 'subscribe' | 'unsubscribe' | 'isConnected'>;
  readonly schedule: ReadSchedule;
  readonly pollMs: number;
  readonly silenceMs: number;
  /** A read failed, and is tried again. */
  readonly onFailure: (error: unknown) => void;
  readonly onThrow: (error: unknown) => void;
}

/** The result of one read. */
export interface Found<Item> {
  /** The items after the position, in order. */
  readonly items: readonly Item[];
  /** There are more now. */
  readonly hasMore: boolean;
  /** Nothing will ever follow these. */
  readonly isWhole: boolean;
}

export interface Followed<Item> {
  /** The channel on which hints about this data come. */
  readonly jobId: string;
  /** Read on from here. */
  readonly after: number;
  read(after: number, signal: AbortSignal): Promise<Found<Item>>;
  positionOf(item: Item): number;
  /** Nobody watches any more. */
  onLeave?(): void;
}

/** The factor on the interval, where the table does not answer or has nothing new. */
const maxBackoff = 10;

export class Follower<Item> implements FeedListener, ScheduledReader {
  dueTick = -1;
  readonly watches: WatchSet;
  readonly #deps: FollowerDeps;
  readonly #followed: Followed<Item>;
  readonly #leaving = new AbortController();
  #items: Item[] = [];
  /** The position up to which it was read. */
  #position: number;
  #pollMs: number;
  #isReading = false;
  /** More may be stored than was read. */
  #isBehind = false;
  #failure: Error | undefined;
  #isWhole = false;

  constructor(deps: FollowerDeps, followed: Followed<Item>) {
    this.#deps = deps;
    this.#followed = followed;
    this.#position = followed.after;
    this.#pollMs = deps.pollMs;
    this.watches = new WatchesOf({ onEmpty: () => this.#leave(), onCount: () => undefined, onThrow: deps.onThrow });
  }

  /** Has one watcher only: its position is the follower's. */
  watch(signal: AbortSignal | undefined): Watch<Item> {
    return new FollowerWatch(this, signal);
  }

  /** Subscribes before it reads, so that nothing is missed in between. `onSubscribed`: called right before the first read. */
  async begin(onSubscribed: () => void = () => undefined): Promise<void> {
    await this.#deps.feed.subscribe(this.#channel, this);
    if (this.#leaving.signal.aborted) return this.#deps.feed.unsubscribe(this.#channel, this);
    onSubscribed();
    this.look();
    this.#plan();
  }

  /** There may be something new. */
  look(): void {
    this.#isBehind = true;
    if (this.#isReading || this.#items.length > 0 || this.#isWhole || this.#leaving.signal.aborted) return;
    this.#isReading = true;
    void this.#readOn().finally(() => {
      this.#isReading = false;
      this.watches.changed();
      // The read brought nothing, and a hint arrived meanwhile.
      if (this.#isBehind && this.#pollMs === this.#deps.pollMs) this.look();
    });
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.watches.changed();
  }

  take(): Item | undefined {
    const item = this.#items.shift();
    if (item === undefined && this.#isBehind) this.look();
    return item;
  }

  ending(): Ending | undefined {
    if (this.#items.length > 0) return undefined;
    return this.#failure ?? (this.#isWhole ? 'complete' : undefined);
  }

  onEvent(event: JobEvent): void {
    // Whatever the hint says, it costs one read at most.
    if (event.logged !== undefined) this.look();
  }

  onInterrupted(): void {
    this.#pollMs = this.#deps.pollMs;
    this.look();
    this.#plan();
  }

  remainingMs(): number {
    return 0;
  }

  read(): void {
    this.look();
    this.#plan();
  }

  async #readOn(): Promise<void> {
    this.#isBehind = false;
    try {
      const { items, hasMore, isWhole } = await this.#followed.read(this.#position, this.#leaving.signal);
      this.#pollMs = items.length > 0 || this.#isConnected() ? this.#deps.pollMs : this.#longerPoll();
      this.#items.push(...items);
      const last = items.at(-1);
      if (last !== undefined) this.#position = this.#followed.positionOf(last);
      if (hasMore) this.#isBehind = true;
      this.#isWhole = isWhole;
    } catch (error) {
      if (error instanceof JobError && error.code !== 'TABLE_UNAVAILABLE') return this.fail(error);
      this.#deps.onFailure(error);
      this.#isBehind = true;
      this.#pollMs = this.#longerPoll();
      this.#plan();
    }
  }

  get #channel(): Channel {
    return { jobId: this.#followed.jobId };
  }

  #isConnected(): boolean {
    return this.#deps.feed.isConnected(this.#channel);
  }

  #longerPoll(): number {
    return Math.min(maxBackoff * this.#deps.pollMs, 2 * this.#pollMs);
  }

  #plan(): void {
    if (this.#isWhole || this.#leaving.signal.aborted) return;
    const mustPoll = this.#pollMs !== this.#deps.pollMs || !this.#isConnected();
    this.#deps.schedule.after(this, mustPoll ? this.#pollMs : this.#deps.silenceMs);
  }

  #leave(): void {
    this.#leaving.abort(new JobError('SHUTTING_DOWN'));
    this.#deps.schedule.cancel(this);
    void this.#deps.feed.unsubscribe(this.#channel, this);
    this.#followed.onLeave?.();
  }
}

class FollowerWatch<Item> extends StreamWatch<Item> {
  readonly #follower: Follower<Item>;

  constructor(follower: Follower<Item>, signal: AbortSignal | undefined) {
    super(follower.watches, signal);
    this.#follower = follower;
  }

  protected takeNext(): Item | undefined {
    return this.#follower.take();
  }

  protected endingOfStream(): Ending | undefined {
    return this.#follower.ending();
  }
}
