/**
 * One job's events, once for all its watchers in this process: in order, without gaps, whatever the feed loses, doubles
 * or reorders. The feed's messages are hints; where one does not follow the last, the record's history is read.
 *
 * A watcher is no buffer but a position in the shared log. So a slow watcher costs no memory, a thousand watchers cost
 * one read, and progress is conflated: only the latest is kept.
 */
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import type { Log } from '../log.ts';
import { eventsOf, latestEventOf, type JobEvent } from './event.ts';
import type { Feed } from './feed.ts';
import { createWatchSet, type Watch, type WatchedEvent } from './watch.ts';

export interface WatchOptions {
  /** The last version the watcher has seen; it gets what follows. Without it, first the present state. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JobStream {
  readonly owner: string;
  /** Completes after a final state. Rejects with `JOB_NOT_FOUND` when the job is deleted meanwhile. */
  watch(options: WatchOptions): Watch;
  /** Ends every watcher with this error. */
  fail(error: Error): void;
}

export interface JobStreamDeps {
  readonly jobId: string;
  readonly feed: Feed;
  readonly read: (jobId: string) => Promise<Job | undefined>;
  readonly log: Log;
  /** How often the table is read while the feed is away, in milliseconds. */
  readonly pollMs: number;
  /** Called once, when the last watcher has gone. */
  readonly onIdle: () => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
  /** Called for each event that the feed failed to bring. */
  readonly onRepair: (event: JobEvent) => void;
}

/** Events kept for watchers that lag; older ones are answered with `recovered: false`. */
const maxLog = 200;

/** @throws {JobError} `JOB_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export async function openJobStream({ jobId, feed, read, log, pollMs, onIdle, onCount, onRepair }: JobStreamDeps): Promise<JobStream> {
  const watches = createWatchSet({ onEmpty: close, onCount });
  let failure: Error | undefined;
  const events: WatchedEvent[] = [];
  /** What came since the last transition: the news alone, and the transition with the news, each one object for all. */
  let news: { readonly number: number; readonly alone: WatchedEvent; readonly merged: WatchedEvent } | undefined;
  let newsAt = 0;
  let reading: Promise<void> | undefined;
  let readAgain = false;
  let poll: NodeJS.Timeout | undefined;
  /** Hints that arrived before the record was read. */
  let early: JobEvent[] | undefined = [];
  let wasInterruptedEarly = false;

  const head = (): WatchedEvent | undefined => events.at(-1);
  const headVersion = (): number => head()?.version ?? 0;

  function append(event: JobEvent, recovered: boolean | undefined): void {
    events.push({ ...event, recovered });
    if (events.length > maxLog) events.shift();
    news = undefined;
    newsAt = event.at;
  }

  function addNews(event: JobEvent): void {
    const { attempt, error, progress } = event;
    const transition = events.at(-1);
    const alone = { ...event, recovered: undefined };
    const merged = transition === undefined ? alone : { ...transition, attempt, error, progress };
    news = { number: (news?.number ?? 0) + 1, alone, merged };
  }

  function onEvent(event: JobEvent): void {
    if (early !== undefined) {
      early.push(event);
    } else if (event.version === headVersion() + 1) {
      append(event, undefined);
      watches.changed();
    } else if (event.version > headVersion()) {
      void repair();
    } else if (event.version === headVersion() && event.at > newsAt) {
      newsAt = event.at;
      addNews(event);
      watches.changed();
    }
  }

  /** Reads what was missed. Calls meanwhile share one more read, since they may know of something newer. */
  function repair(): Promise<void> {
    readAgain = true;
    reading ??= readAll().finally(() => (reading = undefined));
    return reading;
  }

  async function readAll(): Promise<void> {
    while (readAgain && failure === undefined) {
      readAgain = false;
      try {
        const job = await read(jobId);
        if (job === undefined) fail(new JobError('JOB_NOT_FOUND'));
        else merge(job);
      } catch (error) {
        log.warn({ error, jobId }, 'a watched job could not be read; trying again');
        pollLater();
      }
    }
  }

  function merge(job: Job): void {
    let expected = headVersion() + 1;
    for (const event of eventsOf(job)) {
      if (event.version < expected) continue;
      append(event, event.version === expected);
      onRepair(event);
      expected = event.version + 1;
    }
    if (job.progress !== undefined && job.progress !== news?.alone.progress) addNews(latestEventOf(job));
    watches.changed();
  }

  function pollLater(): void {
    if (poll !== undefined || failure !== undefined) return;
    poll = setTimeout(() => {
      poll = undefined;
      void repair().then(() => {
        if (!feed.isConnected()) pollLater();
      });
    }, pollMs);
  }

  function onInterrupted(): void {
    if (early !== undefined) {
      // The record is being read, perhaps as it was before what got lost: read it again after that, and only then.
      wasInterruptedEarly = true;
      return;
    }
    void repair();
    if (!feed.isConnected()) pollLater();
  }

  function fail(error: Error): void {
    failure ??= error;
    watches.changed();
  }

  function watch({ afterVersion, signal }: WatchOptions): Watch {
    const resumedAt = afterVersion === undefined ? 0 : headVersion();
    let seen = afterVersion ?? headVersion() - 1;
    let newsSeen = 0;
    let atFinal = events.some(({ version, status }) => version === afterVersion && isFinal(status));
    // Whoever has seen more than this process knows of a hint that was lost here.
    if (seen > headVersion()) void repair();

    /** Also of a watcher that resumed where the job has ended: it has nothing to wait for. */
    function isOver(): boolean {
      const last = head();
      return atFinal || (last !== undefined && seen >= last.version && isFinal(last.status));
    }

    function take(): WatchedEvent | undefined {
      const last = head();
      if (last === undefined || isOver() || failure !== undefined) return undefined;
      if (seen < last.version) return takeTransition(last);
      if (news === undefined || news.number === newsSeen) return undefined;
      newsSeen = news.number;
      return news.alone;
    }

    function takeTransition(last: WatchedEvent): WatchedEvent | undefined {
      // Mostly the last. Else looked for by version: where history no longer held some, the log has a hole.
      const next = last.version === seen + 1 ? last : events.find(({ version }) => version > seen);
      if (next === undefined) return undefined;
      const hasGap = next.version > seen + 1 && seen > 0;
      seen = next.version;
      atFinal = isFinal(next.status);
      const fresh = seen === last.version ? news : undefined;
      newsSeen = fresh?.number ?? 0;
      const event = fresh?.merged ?? next;
      if (hasGap) return { ...event, recovered: false };
      return seen <= resumedAt ? { ...event, recovered: true } : event;
    }

    return watches.add({ take, ending: () => failure ?? (isOver() ? 'complete' : undefined) }, signal);
  }

  function close(): void {
    failure ??= new JobError('SHUTTING_DOWN');
    clearTimeout(poll);
    void unsubscribe();
    onIdle();
  }

  // Subscribed before the record is read, so that nothing falls between the two.
  const unsubscribe = await feed.subscribe({ jobId }, { onEvent, onInterrupted });
  try {
    const job = await read(jobId);
    if (job === undefined) throw new JobError('JOB_NOT_FOUND');
    for (const event of eventsOf(job)) append(event, undefined);
    const latest = latestEventOf(job);
    if (latest.progress !== undefined) addNews(latest);
    const hints = early;
    early = undefined;
    for (const hint of hints) onEvent(hint);
    if (wasInterruptedEarly) void repair();
    if (!feed.isConnected()) pollLater();
    return { owner: job.owner, watch, fail };
  } catch (error) {
    await unsubscribe();
    throw error;
  }
}
