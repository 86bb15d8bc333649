/**
 * All events of one owner's jobs, once for all that owner's watchers in this process. Each job's events come in order
 * and without gaps; between jobs there is no order. Nothing is told that happened before the watch began. Where that can
 * no longer be promised (the feed was interrupted, or a watcher lags by more than the log holds), watchers end with
 * `FEED_INTERRUPTED`, never silently.
 */
import type { Log } from '../../telemetry/log.ts';
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { countCaughtUp, type CaughtUpCounters } from './countCaughtUp.ts';
import { eventsOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import { contradicts, tellsMore, type JobTimeline, type Judgement } from './jobTimeline.ts';
import { JobTimelines } from './jobTimelines.ts';
import { OwnerLog, OwnerWatch, type Chooses } from './ownerLog.ts';
import { WatchesOf, type Watch, type WatchedEvent } from './watch.ts';

export interface OwnerStream {
  /** `chooses`: whether an event is told; default: all are. */
  watch(options: { readonly signal?: AbortSignal | undefined; readonly chooses?: Chooses | undefined }): Watch;
  fail(error: Error): void;
}

interface Reading {
  again: boolean;
  live: number | undefined;
  /** The last that was heard. */
  hint: JobEvent;
}

/** The same for all streams. */
export interface OwnerStreamDeps extends CaughtUpCounters {
  readonly feed: Feed;
  readonly read: (jobId: string) => Promise<Job | undefined>;
  readonly now: () => number;
  readonly log: Log;
  /** Called once a stream, when its last watcher has gone or it has failed. */
  readonly onIdle: (owner: string) => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
  /** Jobs that are surely remembered; default 50,000. */
  readonly maxJobs?: number;
}

/** @throws {JobError} `FEED_INTERRUPTED` while the feed is away. */
export async function openOwnerStream(
  owner: string,
  { feed, read, now, log, onIdle, onCount, onRepair, onTransition, maxJobs }: OwnerStreamDeps,
): Promise<OwnerStream> {
  const jobs = new JobTimelines(maxJobs);
  const events = new OwnerLog();
  const watches = new WatchesOf({ onEmpty: () => fail(new JobError('FEED_INTERRUPTED')), onCount, onThrow });
  const listener: FeedListener = { onEvent, onInterrupted: () => fail(new JobError('FEED_INTERRUPTED')) };
  const startedAt = now();
  /** Jobs that are being read, whether something newer was heard meanwhile, and from which version on it was. */
  const reading = new Map<string, Reading>();

  function tell(event: WatchedEvent, { facts }: JobTimeline): void {
    // Whatever is told of a job comes after its record was read.
    if (facts === undefined) return loseTrack();
    jobs.told(event.at);
    events.append(event, facts);
  }

  function onEvent(hint: JobEvent, record?: Job): void {
    if (hint.owner !== owner) return;
    const timeline = jobs.get(hint.jobId);
    const judgement = timeline === undefined ? judgeUnknown(hint) : timeline.judge(hint, now());
    if (record !== undefined && tellsMore(record, judgement, timeline?.version)) {
      return merge(record, judgement === 'gap' ? undefined : hint.version, jobs.forgottenAt);
    }
    // What is being read holds what its hints tell, and is told as one piece.
    if (judgement === 'gap') void repair(hint);
    else if (judgement === 'unconfirmed' || (judgement === 'next' && reading.has(hint.jobId))) void repair(hint, hint.version);
    else if (judgement !== 'old' && timeline !== undefined) live(hint, timeline, judgement);
    else if (timeline !== undefined && hint.version <= timeline.presumedTold && hint.at >= startedAt) loseTrack();
  }

  function live(hint: JobEvent, timeline: JobTimeline, judgement: Judgement): void {
    if (judgement === 'next') onTransition(hint);
    tell(timeline.take(hint), timeline);
    watches.changed();
  }

  /** Whose job it is, the record says. */
  function judgeUnknown({ at }: JobEvent): Judgement {
    // The relay's copies may come hours late.
    if (at < startedAt) return 'old';
    if (at > jobs.forgottenAt) return 'unconfirmed';
    loseTrack();
    return 'old';
  }

  /** An event was told and forgotten, or is late and was never told: nothing can say which. */
  function loseTrack(): void {
    fail(new JobError('FEED_INTERRUPTED', { message: 'So much happened at once that something may have been missed.' }));
  }

  /** `version`: the one that the hint tells of, where nothing was missed before it. */
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
    // Of now, for a job that is not known: it may rise while the record is read, by jobs that were met later.
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
    // What no record holds, or not yet: how far the work has come.
    if (timeline?.judge(state.hint, now()) === 'update') live(state.hint, timeline, 'update');
  }

  function merge(job: Job, since: number | undefined, forgottenAt: number | undefined): void {
    const known = jobs.get(job.jobId);
    // Forgotten while it was read.
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
   * A job that is not remembered is told from where it stood when the watch began, or when the last one was forgotten: what
   * was earlier is presumed told, until a hint of it comes late.
   */
  function beginningOf(job: Job, forgottenAt: number): JobTimeline {
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
