/** Watching: one job's transitions, or all of an owner's, shared by all who watch the same in this process. */
import { JobError } from '../errors.ts';
import type { JobEvent } from '../feed/event.ts';
import { openJobStream, type JobStream, type JobStreamDeps } from '../feed/jobStream.ts';
import { openOwnerStream, type OwnerStream, type OwnerStreamDeps } from '../feed/ownerStream.ts';
import type { Watch, WatchedEvent } from '../feed/watch.ts';
import { createCoalescedReads } from './coalescedReads.ts';
import type { Core } from './core.ts';
import { maySee, type Caller } from './readJob.ts';

export type { Watch, WatchedEvent };

export interface Watches {
  /**
   * First the present state (or, with `afterVersion`, what came after it), then each transition once and in order;
   * completes after a final state.
   * @throws {JobError} `JOB_NOT_FOUND`, `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`, `SHUTTING_DOWN`.
   */
  job(
    request: Caller & {
      readonly jobId: string;
      readonly afterVersion?: number | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Watch>;
  /** @throws {JobError} `FEED_INTERRUPTED`, here or from the iterator; `SHUTTING_DOWN`. */
  owner(request: { readonly owner: string; readonly signal?: AbortSignal | undefined }): Promise<Watch>;
  /** Ends all watchers with `SHUTTING_DOWN`, and refuses new ones. */
  close(): Promise<void>;
}

export interface WatchesOptions {
  /** How often a watched job is read while the feed is away. Default 1,000. */
  readonly pollMs?: number;
  /** Called for each event that the feed failed to bring: each is a leak to look into. Default: counted. */
  readonly onRepair?: (event: JobEvent) => void;
}

export function createWatches(
  { table, feed, clock, log, telemetry }: Pick<Core, 'table' | 'feed' | 'clock' | 'log' | 'telemetry'>,
  { pollMs = 1000, onRepair = () => telemetry.count('feedRepairs') }: WatchesOptions = {},
): Watches {
  const jobs = new Map<string, Promise<JobStream>>();
  const owners = new Map<string, Promise<OwnerStream>>();
  let watchers = 0;
  let closed = false;
  const stopCounting = telemetry.gauge('watchers', () => watchers);
  const onCount = (change: 1 | -1): void => {
    watchers += change;
  };
  const shared = { feed, read: createCoalescedReads(table), log, onCount, onRepair };
  const jobStreamDeps: JobStreamDeps = { ...shared, pollMs, onIdle: (jobId) => jobs.delete(jobId) };
  const ownerStreamDeps: OwnerStreamDeps = { ...shared, now: clock.now, onIdle: (owner) => owners.delete(owner) };

  /** One stream a key; a stream that failed to open, or that nobody watches any more, makes room for a new one. */
  async function join<Stream, Watched>(
    streams: Map<string, Promise<Stream>>,
    key: string,
    open: (key: string) => Promise<Stream>,
    watch: (stream: Stream) => Watched,
  ): Promise<Watched> {
    for (;;) {
      if (closed) throw new JobError('SHUTTING_DOWN');
      const opening = streams.get(key) ?? start(streams, key, open);
      const stream = await opening;
      // The last watcher may have left, and ended the stream, while this one waited for it.
      if (streams.get(key) === opening) return watch(stream);
    }
  }

  function start<Stream>(streams: Map<string, Promise<Stream>>, key: string, open: (key: string) => Promise<Stream>): Promise<Stream> {
    const stream = open(key);
    streams.set(key, stream);
    stream.catch(() => streams.delete(key));
    return stream;
  }

  return {
    async job({ jobId, afterVersion, signal, ...caller }) {
      if (afterVersion !== undefined && afterVersion < 0) {
        throw new JobError('BAD_USER_INPUT', { message: 'afterVersion is 0 or more.', path: ['afterVersion'] });
      }
      const stream = await join(
        jobs,
        jobId,
        (key) => openJobStream(key, jobStreamDeps),
        (opened) => ({ owner: opened.owner, events: opened.watch({ afterVersion, signal }) }),
      );
      if (maySee(caller, stream)) return stream.events;
      await stream.events.return();
      throw new JobError('JOB_NOT_FOUND');
    },

    owner({ owner, signal }) {
      return join(
        owners,
        owner,
        (key) => openOwnerStream(key, ownerStreamDeps),
        (stream) => stream.watch({ signal }),
      );
    },

    async close() {
      closed = true;
      stopCounting();
      for (const stream of await Promise.allSettled([...jobs.values(), ...owners.values()])) {
        if (stream.status === 'fulfilled') stream.value.fail(new JobError('SHUTTING_DOWN'));
      }
    },
  };
}
