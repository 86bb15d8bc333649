/**
 * One job's events, once for all its watchers in this process: in order, without gaps, whatever the feed loses, doubles
 * or reorders. The feed's messages are hints; where one does not follow the last, the record's history is read.
 *
 * A watcher is no buffer but a position in the shared log, and takes the next event when it wants one. So a slow
 * watcher costs no memory, a thousand watchers cost one read, and progress is conflated: only the latest is kept.
 */
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import type { Log } from '../log.ts';
import { eventsOf, latestEventOf, type JobEvent } from './event.ts';
import type { Feed } from './feed.ts';

/**
 * `recovered`: undefined for what came live; true for what was read from history after a gap; false where versions
 * before this one are lost, because the history no longer held them.
 */
export type WatchedEvent = JobEvent & { readonly recovered: boolean | undefined };

export interface WatchOptions {
  /** The last version the watcher has seen; it gets what follows. Without it, first the present state. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JobStream {
  readonly owner: string;
  /** Completes after a final state. Rejects with `JOB_NOT_FOUND` when the job is deleted meanwhile. */
  watch(options: WatchOptions): AsyncIterableIterator<WatchedEvent>;
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
  /** Called for each event that the feed failed to bring. */
  readonly onRepair: (event: JobEvent) => void;
}

/** Events kept for watchers that lag; older ones are answered with `recovered: false`. */
const maxLog = 200;

/** @throws {JobError} `JOB_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export async function openJobStream({ jobId, feed, read, log, pollMs, onIdle, onRepair }: JobStreamDeps): Promise<JobStream> {
  const waiters = new Set<() => void>();
  let watchers = 0;
  let failure: Error | undefined;
  let events: WatchedEvent[] = [];
  let news: { readonly event: JobEvent; readonly number: number } | undefined;
  let newsAt = 0;
  let reading: Promise<void> | undefined;
  let readAgain = false;
  let poll: NodeJS.Timeout | undefined;
  /** Hints that arrived before the record was read. */
  let early: JobEvent[] | undefined = [];

  const head = (): JobEvent | undefined => events.at(-1);
  const headVersion = (): number => head()?.version ?? 0;

  function wake(): void {
    const woken = [...waiters];
    waiters.clear();
    for (const resolve of woken) resolve();
  }

  function append(event: JobEvent, recovered: boolean | undefined): void {
    events.push({ ...event, recovered });
    if (events.length > maxLog) events.shift();
    news = undefined;
    newsAt = event.at;
  }

  function onEvent(event: JobEvent): void {
    if (early !== undefined) {
      early.push(event);
    } else if (event.version === headVersion() + 1) {
      append(event, undefined);
      wake();
    } else if (event.version > headVersion()) {
      void repair();
    } else if (event.version === headVersion() && event.at > newsAt) {
      newsAt = event.at;
      news = { event, number: (news?.number ?? 0) + 1 };
      wake();
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
    if (job.progress !== undefined && job.progress !== news?.event.progress) {
      news = { event: latestEventOf(job), number: (news?.number ?? 0) + 1 };
    }
    wake();
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
    if (early === undefined) void repair();
    if (!feed.isConnected()) pollLater();
  }

  function fail(error: Error): void {
    failure ??= error;
    wake();
  }

  function watch({ afterVersion, signal }: WatchOptions): AsyncIterableIterator<WatchedEvent> {
    const resumedAt = afterVersion === undefined ? 0 : headVersion();
    let seen = afterVersion ?? headVersion() - 1;
    let newsSeen = 0;
    let started = afterVersion !== undefined;
    let atFinal = events.some(({ version, status }) => version === afterVersion && isFinal(status));
    let ended = false;
    watchers += 1;
    // Whoever has seen more than this process knows of a hint that was lost here.
    if (seen > headVersion()) void repair();

    function end(): void {
      if (ended) return;
      ended = true;
      signal?.removeEventListener('abort', onAbort);
      watchers -= 1;
      if (watchers === 0) close();
    }
    function onAbort(): void {
      end();
      wake();
    }
    if (signal?.aborted === true) end();
    else signal?.addEventListener('abort', onAbort, { once: true });

    function take(): WatchedEvent | undefined {
      const last = head();
      if (last === undefined) return undefined;
      if (seen < last.version) {
        const first = events[0] ?? last;
        const next = events[Math.max(0, seen + 1 - first.version)];
        if (next === undefined) return undefined;
        const lostSome = next.version > seen + 1 && seen > 0;
        const resumed = next.version <= resumedAt ? true : next.recovered;
        seen = next.version;
        const fresh = seen === last.version && news !== undefined ? news : undefined;
        newsSeen = fresh?.number ?? 0;
        return { ...next, ...newsOf(fresh?.event), recovered: lostSome ? false : resumed };
      }
      if (seen === last.version && news !== undefined && news.number > newsSeen) {
        newsSeen = news.number;
        return { ...news.event, recovered: undefined };
      }
      return undefined;
    }

    /** Also of a watcher that resumed where the job has ended: it has nothing to wait for. */
    const isOver = (): boolean => {
      const last = head();
      return atFinal || (started && last !== undefined && seen >= last.version && isFinal(last.status));
    };

    return {
      async next() {
        for (;;) {
          if (ended) return { done: true, value: undefined };
          if (failure !== undefined) {
            end();
            throw failure;
          }
          if (isOver()) {
            end();
            return { done: true, value: undefined };
          }
          const event = take();
          if (event !== undefined) {
            started = true;
            atFinal = isFinal(event.status);
            return { done: false, value: event };
          }
          await new Promise<void>((resolve) => waiters.add(resolve));
        }
      },
      return() {
        end();
        wake();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
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
    if (latest.progress !== undefined) news = { event: latest, number: 1 };
    const hints = early;
    early = undefined;
    for (const hint of hints) onEvent(hint);
    if (!feed.isConnected()) pollLater();
    return { owner: job.owner, watch, fail };
  } catch (error) {
    await unsubscribe();
    throw error;
  }
}

/** What an event says beyond its transition. */
function newsOf(event: JobEvent | undefined): Partial<JobEvent> {
  return event === undefined ? {} : { attempt: event.attempt, error: event.error, progress: event.progress };
}
