/**
 * All events of one owner's jobs, shared by all that owner's watchers in this process. Each job's events come in order and
 * without gaps; between jobs there is no order. Nothing from before the watch is sent. Where that can no longer be promised
 * (the feed was interrupted, or a watcher lags by more than the log holds), watchers end with the error `FEED_INTERRUPTED`.
 */
import type { Log } from '../../telemetry/log.ts';
import { JobError } from '../errors.ts';
import { countCaughtUp, type CaughtUpCounters } from './countCaughtUp.ts';
import { eventsOf, type JobEvent, type ToldJob } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { contradicts, tellsMore, type Judgement } from './jobTimeline.ts';
import { JobTimelines, type OwnersTimeline } from './jobTimelines.ts';
import { OwnerLog, OwnerWatch, type Chooses } from './ownerLog.ts';
import { WatchesOf, type Watch, type WatchedEvent } from './watch.ts';

export interface OwnerStream {
  /** `chooses`: whether an event is sent; default: all are. */
  watch(options: { readonly signal?: AbortSignal | undefined; readonly chooses?: Chooses | undefined }): Watch;
  fail(error: Error): void;
}

interface Reading {
  again: boolean;
  live: number | undefined;
  /** The time of the last hint. */
  hint: JobEvent;
}

/** Shared by all streams. */
export interface OwnerStreamDeps extends CaughtUpCounters {
  readonly feed: Feed;
  /** Whether events are of the owner's jobs, or of the owner's workflows. */
  readonly of?: JobEvent['of'];
  readonly read: (jobId: string) => Promise<ToldJob | undefined>;
  readonly now: () => number;
  readonly log: Log;
  /** Called once per stream, when its last watcher has left or it has failed. */
  readonly onIdle: (owner: string) => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
  /** The number of jobs that are always remembered; default 50,000. */
  readonly maxJobs?: number;
}

/** @throws {JobError} `FEED_INTERRUPTED` while the feed is away. */
export async function openOwnerStream(
  owner: string,
  { feed, of, read, now, log, onIdle, onCount, onRepair, onTransition, maxJobs }: OwnerStreamDeps,
): Promise<OwnerStream> {
  const jobs = new JobTimelines(maxJobs);
  const events = new OwnerLog();
  const watches = new WatchesOf({ onEmpty: () => fail(new JobError('FEED_INTERRUPTED')), onCount, onThrow });
  const listener: FeedListener = { onEvent, onInterrupted: () => fail(new JobError('FEED_INTERRUPTED')) };
  const startedAt = now();
  /** Jobs that are being read: whether a newer hint came meanwhile, and from which version on. */
  const reading = new Map<string, Reading>();

  function tell(event: WatchedEvent, { facts }: OwnersTimeline): void {
    // Events of a job are sent only after its record was read.
    if (facts === undefined) return loseTrack();
    jobs.told(event.at);
    events.append(event, facts);
  }

  function onEvent(hint: JobEvent, record?: ToldJob): void {
    if (hint.owner !== owner || hint.of !== of) return;
    const timeline = jobs.get(hint.jobId);
    const judgement = timeline === undefined ? judgeUnknown(hint) : timeline.judge(hint, now());
    if (record !== undefined && tellsMore(record, judgement, timeline?.version)) {
      return merge(record, judgement === 'gap' ? undefined : hint.version, jobs.forgottenAt);
    }
    // The read in progress covers what these hints say; all of it is sent together.
    if (judgement === 'gap') void repair(hint);
    else if (judgement === 'unconfirmed' || (judgement === 'next' && reading.has(hint.jobId))) void repair(hint, hint.version);
    else if (judgement !== 'old' && timeline !== undefined) live(hint, timeline, judgement);
    else if (timeline !== undefined && hint.version <= timeline.presumedTold && hint.at >= startedAt) loseTrack();
  }

  function live(hint: JobEvent, timeline: OwnersTimeline, judgement: Judgement): void {
    if (judgement === 'next') onTransition(hint);
    tell(timeline.take(hint), timeline);
    watches.changed();
  }

  /** The record says who owns the job. */
  function judgeUnknown({ at }: JobEvent): Judgement {
    // Copies from the relay may come hours late.
    if (at < startedAt) return 'old';
    if (at > jobs.forgottenAt) return 'unconfirmed';
    loseTrack();
    return 'old';
  }

  /** Either it was sent and dropped from memory, or it is late and was never sent: the two cannot be told apart. */
  function loseTrack(): void {
    fail(new JobError('FEED_INTERRUPTED', { message: 'So much happened at once that something may have been missed.' }));
  }

  /** `version`: that of the hint, where nothing was missed before it. */
  async function repair(hint: JobEvent, version?: number): Promise<void> {
    const { jobId } = hint;
    const underWay = reading.get(jobId);
    if (underWay !== undefined) {
      underWay.again = true;
      underWay.live = earlier(underWay.live, version);
      underWay.hint = hint;
      return;
    }
    const state: Reading = { again: true, live: version, hint };
    // The present bound, for a job that is not known: it may rise while the record is read, because of jobs that were met later.
    let forgottenAt = jobs.get(jobId) === undefined ? jobs.forgottenAt : undefined;
    reading.set(jobId, state);
    try {
      while (state.again && events.failure() === undefined) {
        const { live: since } = state;
        const standing = jobs.get(jobId)?.standing;
        state.again = false;
        state.live = undefined;
        const job = await read(jobId);
        if (job?.owner !== owner) continue;
        if (standing !== undefined && contradicts(job, standing)) return loseTrack();
        merge(job, since, forgottenAt);
        forgottenAt = undefined;
      }
    } catch (error) {
      log.warn({ error, jobId }, 'a job of a watched owner could not be read');
      fail(new JobError('FEED_INTERRUPTED', {}, { cause: error }));
    } finally {
      reading.delete(jobId);
    }
    const timeline = jobs.get(jobId);
    // Progress that the record does not have, or not yet.
    if (timeline?.judge(state.hint, now()) === 'update') live(state.hint, timeline, 'update');
  }

  function merge(job: ToldJob, since: number | undefined, forgottenAt: number | undefined): void {
    const known = jobs.get(job.jobId);
    // Dropped from memory while it was read.
    if (known === undefined && forgottenAt === undefined) return loseTrack();
    const timeline = known ?? beginningOf(job, forgottenAt ?? jobs.forgottenAt);
    const { type, tags, idempotencyKey } = job;
    timeline.facts ??= { type, tags, idempotencyKey };
    const { version } = timeline;
    const missed = timeline.catchUp(job, since);
    countCaughtUp(missed, version, { onRepair, onTransition });
    for (const event of missed) tell(event, timeline);
    watches.changed();
  }

  /**
   * Events of a job that is not remembered are sent from its state at the start of the watch, or at the time when the last job
   * was dropped. Earlier ones are assumed to have been sent, until a hint about them comes late.
   */
  function beginningOf(job: ToldJob, forgottenAt: number): OwnersTimeline {
    const timeline = jobs.add(job.jobId);
    const history = eventsOf(job);
    const firstUntold = history.findIndex(({ at }) => at >= startedAt && at > forgottenAt);
    const before = history.at(firstUntold === -1 ? -1 : firstUntold - 1);
    if (firstUntold === 0 || before === undefined) return timeline;
    timeline.begin(before);
    timeline.presumedTold = before.version;
    return timeline;
  }

  function fail(error: Error): void {
    if (events.failure() !== undefined) return;
    events.fail(error);
    void feed.unsubscribe({ owner }, listener);
    onIdle(owner);
    watches.changed();
  }

  function onThrow(error: unknown): void {
    log.error({ error, owner }, 'a watcher of an owner threw; it was ended');
  }

  await feed.subscribe({ owner }, listener);
  if (events.failure() !== undefined || !feed.isConnected({ owner })) {
    await feed.unsubscribe({ owner }, listener);
    throw new JobError('FEED_INTERRUPTED', { message: 'The feed is away at present.' });
  }
  return { fail, watch: (options) => new OwnerWatch(events, watches, options) };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
