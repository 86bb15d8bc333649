/**
 * One job's events, shared by all its watchers in this process: in order, without gaps, even when the feed loses, doubles or
 * reorders its messages. Those are hints: where one does not follow the last, the record's history is read. The record is also
 * read by the schedule, while the feed is away and after a silence: the last hint may be the one that was lost.
 *
 * A watcher has no buffer, only a position in the shared log. So a slow watcher costs no memory, a thousand watchers cost one
 * read, and progress is conflated: only the latest is kept.
 */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { countCaughtUp } from './countCaughtUp.ts';
import { eventsOf, presentEventOf, type JobEvent } from './event.ts';
import type { FeedListener } from './feed.ts';
import { JobLog, JobWatch, type WatchOptions } from './jobLog.ts';
import type { JobStreamDeps } from './jobStreamDeps.ts';
import { contradicts, tellsMore, JobTimeline, type Judgement, type Standing } from './jobTimeline.ts';
import type { ScheduledReader } from './readSchedule.ts';
import { watchedEvent, type Watch, type WatchedEvent } from './watch.ts';

/** What was known when the record was asked for. */
interface Asked {
  readonly standing: Standing;
  readonly live: number | undefined;
  readonly hint: JobEvent | undefined;
}

type Finding = 'new' | 'nothing' | 'failed';
/** The longest interval, as a multiple of the shortest. */
const maxBackoff = 10;
/** A job is read after this many silences even if hints keep coming: hints may be forged. */
const maxSilences = 10;

/**
 * @param update The last update that an earlier stream of this job sent: the record may not contain it yet.
 * @throws {JobError} `JOB_NOT_FOUND`, `TABLE_UNAVAILABLE`.
 */
export async function openJobStream(jobId: string, deps: JobStreamDeps, update?: JobEvent): Promise<JobStream> {
  const stream = new JobStream(jobId, deps, update);
  await stream.open();
  return stream;
}

export class JobStream extends JobLog implements FeedListener, ScheduledReader {
  readonly #jobId: string;
  readonly #deps: JobStreamDeps;
  readonly #timeline = new JobTimeline();
  dueTick = -1;
  #owner = '';
  /** When the last hint about the job came, by the schedule's clock. */
  #heardAt = 0;
  #readAt = 0;
  /** From this version on, a hint has already brought (or is about to bring) what the next read shows. */
  #live: number | undefined;
  /** The last hint that this read has to confirm. */
  #unconfirmed: JobEvent | undefined;
  #pollMs: number;
  /** The read in progress, and the one that was asked for meanwhile. */
  #reading: Promise<Finding> | undefined;
  #readingNext: Promise<Finding> | undefined;
  /** Hints that arrived before the record was read, and whether some may have been lost by then. */
  #early: { readonly hints: JobEvent[]; wereInterrupted: boolean } | undefined;

  constructor(jobId: string, deps: JobStreamDeps, update: JobEvent | undefined) {
    super();
    this.#early = { hints: update === undefined ? [] : [update], wereInterrupted: false };
    this.#jobId = jobId;
    this.#deps = deps;
    this.#pollMs = deps.pollMs;
  }

  /** Known once it is open. */
  get owner(): string {
    return this.#owner;
  }

  /** Done once, before anything else. */
  async open(): Promise<void> {
    const { feed, read } = this.#deps;
    // Subscribed before the record is read, so that nothing is missed in between.
    await feed.subscribe({ jobId: this.#jobId }, this);
    try {
      const job = await read(this.#jobId);
      if (job === undefined) throw new JobError('JOB_NOT_FOUND');
      this.#begin(job);
    } catch (error) {
      await feed.unsubscribe({ jobId: this.#jobId }, this);
      throw error;
    }
  }

  /**
   * Before a watcher joins a stream that is open already: an ended job may have been retried, and a watcher that resumes may
   * have seen more elsewhere than was read here.
   * @throws {JobError} `TABLE_UNAVAILABLE` where an end could not be confirmed.
   */
  async refresh({ afterVersion }: WatchOptions): Promise<void> {
    if (!this.#timeline.isFinal && (afterVersion === undefined || this.#isConnected())) return;
    if ((await this.#repair()) === 'failed' && this.#timeline.isFinal) throw new JobError('TABLE_UNAVAILABLE');
  }

  /** Completes after a final state. Rejects with `JOB_NOT_FOUND` when the job is deleted meanwhile. */
  watch(options: WatchOptions): Watch {
    // A watcher that has seen more than this process proves that a hint was lost here.
    if ((options.afterVersion ?? 0) > this.#timeline.version) void this.#repair();
    return new JobWatch(this, options);
  }

  /** Ends every watcher with this error. */
  fail(error: Error): void {
    if (this.failure() !== undefined) return;
    this.endLog(error);
    this.#leave();
    this.changed();
  }

  onEvent(event: JobEvent, record?: Job): void {
    if (this.#early !== undefined) {
      this.#early.hints.push(event);
      return;
    }
    if (event.owner !== this.#owner) return;
    this.#heardAt = this.#deps.schedule.now;
    const judgement = this.#timeline.judge(event, this.#deps.now());
    if (record !== undefined && tellsMore(record, judgement, this.#timeline.version)) return this.#learn(record, event, judgement);
    if (judgement === 'gap') void this.#repair();
    else if (judgement === 'unconfirmed') this.#confirm(event);
    else if (judgement !== 'old') this.#tell([this.#timeline.take(event)]);
    if (judgement === 'next') {
      this.#deps.onTransition(event);
      this.#planIfNeeded();
    }
  }

  onInterrupted(): void {
    if (this.#early !== undefined) {
      // The record is being read, perhaps in the state before the loss: one more read follows, and only then is it settled.
      this.#early.wereInterrupted = true;
      return;
    }
    this.#pollMs = this.#deps.pollMs;
    this.ageUpdate();
    if (this.#isConnected()) void this.#repair();
    this.#planRead();
  }

  protected onCount(change: 1 | -1): void {
    this.#deps.onCount(change);
  }

  onThrow(error: unknown): void {
    this.#deps.log.error({ error, jobId: this.#jobId }, 'a watcher of a job threw; it was ended');
  }

  protected onEmpty(): void {
    if (this.failure() !== undefined) return;
    this.endLog(new JobError('SHUTTING_DOWN'));
    this.#leave();
  }

  /** Called by the schedule. A hint that came since this read was planned postpones it. */
  remainingMs(): number {
    const { schedule, silenceMs } = this.#deps;
    return this.#mustPoll() ? 0 : Math.min(this.#heardAt + silenceMs, this.#readAt + maxSilences * silenceMs) - schedule.now;
  }

  /** Called by the schedule. */
  read(): void {
    void this.#repair().then((finding) => {
      if (finding === 'new' || (finding === 'nothing' && this.#isConnected())) this.#pollMs = this.#deps.pollMs;
      else if (finding === 'nothing') this.#backOff();
      this.#planRead();
    });
  }

  #begin(job: Job): void {
    const { schedule } = this.#deps;
    this.#owner = job.owner;
    // One string of its id, shared by everything that is kept of the job.
    const told = { ...job, jobId: this.#jobId };
    this.beginLog(eventsOf(told).map((event) => watchedEvent(event)));
    const update = presentEventOf(told);
    const head = this.head();
    this.#timeline.begin(head !== undefined && saysAsMuch(head, update) ? head : update);
    if (update.progress !== undefined || update.attempt > (head?.attempt ?? 0)) this.append(watchedEvent(update), { mayBeOld: true });
    this.#heardAt = this.#readAt = schedule.now;
    const early = this.#early;
    this.#early = undefined;
    for (const hint of early?.hints ?? []) this.onEvent(hint);
    if (early?.wereInterrupted === true) void this.#repair();
    this.#planRead();
  }

  #tell(events: readonly WatchedEvent[], options?: { readonly mayBeOld: boolean }): void {
    for (const event of events) this.append(event, options);
    this.changed();
  }

  #isConnected(): boolean {
    return this.#deps.feed.isConnected({ jobId: this.#jobId });
  }

  /** The feed is away, or the last read failed. */
  #mustPoll(): boolean {
    return this.#pollMs !== this.#deps.pollMs || !this.#isConnected();
  }

  #backOff(): void {
    this.#pollMs = Math.min(maxBackoff * this.#deps.pollMs, 2 * this.#pollMs);
  }

  #planRead(): void {
    if (this.failure() !== undefined || this.#timeline.isFinal) return;
    this.#deps.schedule.after(this, this.#mustPoll() ? this.#pollMs : this.#deps.silenceMs);
  }

  /** No read is planned for a job that has ended; a retry starts the reads again. */
  #planIfNeeded(): void {
    if (this.#timeline.isFinal) this.#deps.schedule.cancel(this);
    else if (this.dueTick < 0 && this.#reading === undefined) this.#planRead();
  }

  /** Events from the record that came along with a hint. */
  #learn(record: Job, { version }: JobEvent, judgement: Judgement): void {
    const live = judgement === 'gap' ? undefined : version;
    this.#merge(record, { standing: this.#timeline.standing, live, hint: undefined });
    this.#planIfNeeded();
  }

  #confirm(hint: JobEvent): void {
    this.#live = Math.min(hint.version, this.#live ?? hint.version);
    this.#unconfirmed = hint;
    void this.#repair();
  }

  /** Reads what was missed. Calls made meanwhile share one more read, since they may know of something newer. */
  #repair(): Promise<Finding> {
    if (this.#reading === undefined) return this.#readOnce();
    this.#readingNext ??= this.#reading.then(() => this.#readOnce());
    return this.#readingNext;
  }

  #readOnce(): Promise<Finding> {
    this.#readingNext = undefined;
    const reading = this.#readRecord().finally(() => {
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      this.#planIfNeeded();
    });
    this.#reading = reading;
    return reading;
  }

  async #readRecord(): Promise<Finding> {
    if (this.failure() !== undefined) return 'nothing';
    const asked: Asked = { standing: this.#timeline.standing, live: this.#live, hint: this.#unconfirmed };
    this.#live = this.#unconfirmed = undefined;
    try {
      const job = await this.#deps.read(this.#jobId);
      this.#heardAt = this.#readAt = this.#deps.schedule.now;
      if (job !== undefined) return this.#merge(job, asked);
      this.fail(new JobError('JOB_NOT_FOUND'));
      return 'nothing';
    } catch (error) {
      this.#deps.log.debug({ error, jobId: this.#jobId }, 'a watched job could not be read; trying again');
      this.#backOff();
      this.#planRead();
      return 'failed';
    }
  }

  #merge(job: Job, { standing, live, hint }: Asked): Finding {
    if (contradicts(job, standing)) {
      this.#deps.log.warn(
        { jobId: this.#jobId, version: standing.version },
        'the feed announced something of a job that its record does not have',
      );
      this.#timeline.rewind(job);
      this.rewindTo(job.version - 1);
    }
    const { version } = this.#timeline;
    const missed = this.#timeline.catchUp(job, live);
    countCaughtUp(missed, version, this.#deps);
    this.#tell(missed, { mayBeOld: true });
    // The record has the failure that the hint announces, but perhaps not yet the attempt after it.
    if (hint !== undefined && this.#timeline.judge(hint, this.#deps.now()) === 'update') this.#tell([this.#timeline.take(hint)]);
    return missed.length > 0 ? 'new' : 'nothing';
  }

  #leave(): void {
    this.#deps.schedule.cancel(this);
    void this.#deps.feed.unsubscribe({ jobId: this.#jobId }, this);
    this.#deps.onIdle(this.#jobId, this.update()?.alone);
  }
}

/** Both of the same version. */
function saysAsMuch(one: JobEvent, other: JobEvent): boolean {
  return one.attempt === other.attempt && one.at === other.at && one.error === other.error && one.progress === other.progress;
}
