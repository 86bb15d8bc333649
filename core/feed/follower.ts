/**
 * What stands in the table beside the jobs' records and grows, live: read on from a position, again and again, until it is
 * whole. The table is the truth; hints of the feed say when to look, and where none come it is looked at intervals, as a
 * job's record is.
 *
 * What is not taken is not read further, so a slow consumer costs no memory.
 */
import { JobError } from '../errors.ts';
import type { JobEvent } from './event.ts';
import type { Channel, Feed, FeedListener } from './feed.ts';
import type { ReadSchedule, ScheduledReader } from './readSchedule.ts';
import { StreamWatch, WatchesOf, type Ending, type Watch, type WatchSet } from './watch.ts';

/** The same for all followers. */
export interface FollowerDeps {
  readonly feed: Pick<Feed, 'subscribe' | 'unsubscribe' | 'isConnected'>;
  readonly schedule: ReadSchedule;
  readonly pollMs: number;
  readonly silenceMs: number;
  /** A read failed, and is tried again. */
  readonly onFailure: (error: unknown) => void;
  readonly onThrow: (error: unknown) => void;
}

/** What one read brought. */
export interface Found<Item> {
  /** Those after the position, in order. */
  readonly items: readonly Item[];
  /** There are more now. */
  readonly hasMore: boolean;
  /** Nothing will ever come after these. */
  readonly isWhole: boolean;
}

export interface Followed<Item> {
  /** Of the channel on which hints of it come. */
  readonly jobId: string;
  /** Read on from here. */
  readonly after: number;
  read(after: number, signal: AbortSignal): Promise<Found<Item>>;
  positionOf(item: Item): number;
  /** Nobody watches any more. */
  onLeave?(): void;
}

/** Of the interval, where the table does not answer or has nothing new. */
const maxBackoff = 10;

export class Follower<Item> implements FeedListener, ScheduledReader {
  dueTick = -1;
  readonly watches: WatchSet;
  readonly #deps: FollowerDeps;
  readonly #followed: Followed<Item>;
  readonly #leaving = new AbortController();
  #items: Item[] = [];
  /** Up to here it was read. */
  #position: number;
  #pollMs: number;
  #isReading = false;
  /** There may be more than was read. */
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

  /** One alone: its position is the follower's. */
  watch(signal: AbortSignal | undefined): Watch<Item> {
    return new FollowerWatch(this, signal);
  }

  /** Subscribed before it is read, so that nothing falls between the two. `onSubscribed`: right before the first read. */
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
      // Nothing came of the read, and meanwhile there was word of more.
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
    // Whatever it says, it costs a read at most.
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
