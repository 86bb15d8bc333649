/** Watching one job's transitions, or all of an owner's, shared by all watchers of the same in this process. */
import { JobError } from '../errors.ts';
import type { JobEvent, JobFacts } from '../feed/event.ts';
import type { FollowerDeps } from '../feed/follower.ts';
import { openJobStream, type JobStream } from '../feed/jobStream.ts';
import type { JobStreamDeps } from '../feed/jobStreamDeps.ts';
import { ReadSchedule, tickMs } from '../feed/readSchedule.ts';
import { openOwnerStream, type OwnerStream, type OwnerStreamDeps } from '../feed/ownerStream.ts';
import type { Watch, WatchedEvent } from '../feed/watch.ts';
import { createCoalescedReads, readLoggingOutages } from './coalescedReads.ts';
import { readLines, type LinesWanted, type LoggedLine } from './attemptNotes.ts';
import type { Core } from './core.ts';
import { checkFilter, matches, type JobsFilter } from './jobsFilter.ts';
import type { WorkflowTransition } from '../feed/workflowWatch.ts';
import { getBulkOperation, type BulkOperation } from './bulkOperations.ts';
import { openWatchOfWorkflow, type WorkflowWatchesDeps } from './watchWorkflow.ts';
import { readWorkflowTold, workflowsWatched } from './watchWorkflows.ts';
import { openLogWatch } from './watchLogs.ts';
import { mayBeId, maySee, type Caller } from './readJob.ts';
import { watchBulkOperation } from './watchBulkOperation.ts';

export type { BulkOperation, LoggedLine, Watch, WatchedEvent };

/** An event that is pushed to clients. */
export type PushedEvent = WatchedEvent | LoggedLine | BulkOperation | WorkflowTransition;

/** The id of the watched thing, and where a watch that broke off after it continues: `afterVersion`, or `afterSequence`. */
export function eventIdOf(event: PushedEvent): string {
  return `${watchedIdOf(event)}:${'sequence' in event ? event.sequence : event.version}`;
}

function watchedIdOf(event: PushedEvent): string {
  if ('workflowId' in event) return event.workflowId;
  return 'operationId' in event ? event.operationId : event.jobId;
}

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
  /**
   * The job's log: the lines there are (or, with `afterSequence`, those after it), then each as it comes, once and in
   * order; completes when the job has ended and all is told.
   * @throws {JobError} as `job`.
   */
  logs(
    request: Caller & {
      readonly jobId: string;
      readonly afterSequence?: number | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Watch<LoggedLine>>;
  /**
   * First its present state (or, with `afterVersion`, what came after it), then each change of its status, and of its counts
   * the newest; completes when it is over.
   * @throws {JobError} `BULK_OPERATION_NOT_FOUND`, `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`, `SHUTTING_DOWN`.
   */
  bulkOperation(
    request: Caller & {
      readonly operationId: string;
      readonly afterVersion?: number | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Watch<BulkOperation>>;
  /**
   * First the present state of the workflow and of each of its jobs (or, with `afterSequence`, what came after it), then each
   * transition of them, once and in order a job; completes when it is over and all is told.
   * @throws {JobError} `WORKFLOW_NOT_FOUND`, `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`, `SHUTTING_DOWN`.
   */
  workflow(
    request: Caller & {
      readonly workflowId: string;
      readonly afterSequence?: string | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Watch<WorkflowTransition>>;
  /**
   * Each change of status of an owner's workflows from now on, in order for each workflow.
   * @throws {JobError} `FEED_INTERRUPTED`, here or from the iterator; `SHUTTING_DOWN`.
   */
  workflows(request: { readonly owner: string; readonly signal?: AbortSignal | undefined }): Promise<Watch<WorkflowTransition>>;
  /** @throws {JobError} `BAD_USER_INPUT`; `FEED_INTERRUPTED`, here or from the iterator; `SHUTTING_DOWN`. */
  owner(request: {
    readonly owner: string;
    /** Fields that never change choose jobs; status and error code choose events. Default: all. */
    readonly filter?: JobsFilter | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Watch>;
  /** Ends all watchers with `SHUTTING_DOWN`, and refuses new ones. */
  close(): Promise<void>;
}

export interface WatchesOptions {
  /** How soon a watched job is read while the feed is away; later each time that nothing is new. Default 1,000. */
  readonly pollMs?: number;
  /** A watched job without an event for so long is read: as long as a lease. Default 30,000. */
  readonly silenceMs?: number;
  /** For both together, in this process. Default 500. */
  readonly maxReadsPerSecond?: number;
  /** Called for each event that the feed failed to bring, which should be looked into. Default: counted. */
  readonly onRepair?: (event: JobEvent) => void;
}

/** Jobs whose last update is kept when nobody watches them any more; the least recently watched are dropped first. */
const maxRemembered = 10_000;

type WatchesDeps = Pick<Core, 'feed' | 'clock' | 'log' | 'telemetry'> & {
  readonly table: Pick<Core['table'], 'get' | 'getMany' | 'entries'>;
};

interface Joining<Stream, Watched> {
  readonly open: (key: string) => Promise<Stream>;
  /** Called before joining one that was open already. */
  readonly refresh?: (stream: Stream) => Promise<void>;
  readonly watch: (stream: Stream) => Watched;
}

export function createWatches(
  { table, feed, clock, log, telemetry }: WatchesDeps,
  { pollMs = 1000, silenceMs = 30_000, maxReadsPerSecond = 500, onRepair = () => telemetry.count('feedRepairs') }: WatchesOptions = {},
): Watches {
  /** Streams, or promises of them while they open. */
  const jobs = new Map<string, JobStream | Promise<JobStream>>();
  const owners = new Map<string, OwnerStream | Promise<OwnerStream>>();
  const ownersOfWorkflows = new Map<string, OwnerStream | Promise<OwnerStream>>();
  /** Updates of jobs that nobody watches now: a watcher that returns must not get less, and the record may not contain them yet. */
  const lastUpdates = new Map<string, JobEvent>();
  let watchers = 0;
  let closed = false;
  const stopCounting = telemetry.gauge('watchers', () => watchers);
  const onCount = (change: 1 | -1): void => {
    watchers += change;
  };
  const schedule = new ReadSchedule({ maxReadsPerSecond, elapsed: () => performance.now(), random: Math.random });
  const ticking = setInterval(() => schedule.tick(), tickMs);
  ticking.unref();
  const read = createCoalescedReads(table);
  const onTransition = ({ at }: JobEvent): void => telemetry.record('feedDelivery', Math.max(0, clock.now() - at) / 1000);
  const shared = { feed, now: clock.now, log, onCount, onRepair, onTransition };
  const jobStreamDeps: JobStreamDeps = {
    ...shared,
    read: readLoggingOutages(read, log),
    schedule,
    pollMs,
    silenceMs,
    onIdle(jobId, update) {
      jobs.delete(jobId);
      if (update !== undefined) remember(jobId, update);
    },
  };
  const ownerStreamDeps: OwnerStreamDeps = { ...shared, read, onIdle: (owner) => owners.delete(owner) };

  const workflowsDeps: OwnerStreamDeps = {
    ...ownerStreamDeps,
    of: 'workflow',
    read: (workflowId) => readWorkflowTold(table, workflowId),
    onIdle: (owner) => ownersOfWorkflows.delete(owner),
  };

  const followerDeps: FollowerDeps = {
    feed,
    schedule,
    pollMs,
    silenceMs,
    onFailure: (error) => log.debug({ error }, 'what is watched could not be read; trying again'),
    onThrow: (error) => log.error({ error }, 'a watcher threw; it was ended'),
  };
  const operations = new Set<{ fail(error: Error): void }>();

  const workflowWatches = new Set<(error: Error) => void>();
  const workflowWatchDeps: WorkflowWatchesDeps = {
    ...shared,
    table,
    readJobs: table.getMany,
    schedule,
    pollMs,
    silenceMs,
    open: workflowWatches,
    onFailure: (error) => log.debug({ error }, 'a watched workflow could not be read; trying again'),
    onThrow: (error) => log.error({ error }, 'a watcher of a workflow threw; it was ended'),
  };

  function remember(jobId: string, update: JobEvent): void {
    lastUpdates.delete(jobId);
    lastUpdates.set(jobId, update);
    const [oldest] = lastUpdates.keys();
    if (lastUpdates.size > maxRemembered && oldest !== undefined) lastUpdates.delete(oldest);
  }

  /** One stream per key; a stream that failed to open, or that nobody watches any more, makes room for a new one. */
  async function join<Stream, Watched>(
    streams: Map<string, Stream | Promise<Stream>>,
    key: string,
    { open, refresh, watch }: Joining<Stream, Watched>,
  ): Promise<Watched> {
    for (;;) {
      if (closed) throw new JobError('SHUTTING_DOWN');
      const known = streams.get(key);
      const wasOpen = known !== undefined && !(known instanceof Promise);
      const stream = await (known ?? start(streams, key, open));
      if (wasOpen) await refresh?.(stream);
      // The last watcher may have left and ended the stream while this one waited for it.
      if (streams.get(key) === stream) return watch(stream);
    }
  }

  function start<Stream>(
    streams: Map<string, Stream | Promise<Stream>>,
    key: string,
    open: (key: string) => Promise<Stream>,
  ): Promise<Stream> {
    const opening = open(key);
    streams.set(key, opening);
    opening.then(
      (stream) => streams.get(key) === opening && streams.set(key, stream),
      () => streams.delete(key),
    );
    return opening;
  }

  const watches: Watches = {
    async job({ jobId, afterVersion, signal, ...caller }) {
      if (afterVersion !== undefined && afterVersion < 0) {
        throw new JobError('BAD_USER_INPUT', { message: 'afterVersion is 0 or more.', path: ['afterVersion'] });
      }
      if (!mayBeId(jobId)) throw new JobError('JOB_NOT_FOUND');
      const stream = await join(jobs, jobId, {
        open: (key) => openJobStream(key, jobStreamDeps, lastUpdates.get(key)),
        refresh: (opened) => opened.refresh({ afterVersion }),
        watch: (opened) => ({ owner: opened.owner, events: opened.watch({ afterVersion, signal }) }),
      });
      if (maySee(caller, stream)) return stream.events;
      await stream.events.return();
      throw new JobError('JOB_NOT_FOUND');
    },

    async logs({ jobId, afterSequence = 0, signal, ...caller }) {
      if (afterSequence < 0) {
        throw new JobError('BAD_USER_INPUT', { message: 'afterSequence is 0 or more.', path: ['afterSequence'] });
      }
      const transitions = await watches.job({ ...caller, jobId });
      const readOn = (id: string, wanted: LinesWanted) => readLines({ table }, id, wanted);
      return openLogWatch({ ...followerDeps, readLines: readOn }, { jobId, afterSequence, signal, transitions });
    },

    async bulkOperation({ operationId, afterVersion = 0, signal, ...caller }) {
      if (afterVersion < 0) throw new JobError('BAD_USER_INPUT', { message: 'afterVersion is 0 or more.', path: ['afterVersion'] });
      const read = async (): Promise<BulkOperation> => (await getBulkOperation({ table }, { ...caller, operationId })).value;
      // Checked before it is watched: what is not the caller’s counts as missing.
      await read();
      if (closed) throw new JobError('SHUTTING_DOWN');
      return watchBulkOperation(followerDeps, { operationId, afterVersion, signal, read, among: operations });
    },

    async workflow({ workflowId, afterSequence, signal, ...caller }) {
      if (closed) throw new JobError('SHUTTING_DOWN');
      return openWatchOfWorkflow(workflowWatchDeps, { ...caller, workflowId, afterSequence, signal });
    },

    async workflows({ owner, signal }) {
      const watch = await join(ownersOfWorkflows, owner, {
        open: (key) => openOwnerStream(key, workflowsDeps),
        watch: (stream) => stream.watch({ signal }),
      });
      return workflowsWatched(watch);
    },

    async owner({ owner, filter, signal }) {
      if (filter !== undefined) checkFilter(filter);
      const chooses = filter === undefined ? undefined : (event: JobEvent, job: JobFacts) => matches(filter, { ...event, ...job });
      return join(owners, owner, {
        open: (key) => openOwnerStream(key, ownerStreamDeps),
        watch: (stream) => stream.watch({ signal, chooses }),
      });
    },

    async close() {
      closed = true;
      stopCounting();
      clearInterval(ticking);
      for (const operation of operations) operation.fail(new JobError('SHUTTING_DOWN'));
      for (const fail of workflowWatches) fail(new JobError('SHUTTING_DOWN'));
      for (const stream of await Promise.allSettled([...jobs.values(), ...owners.values(), ...ownersOfWorkflows.values()])) {
        if (stream.status === 'fulfilled') stream.value.fail(new JobError('SHUTTING_DOWN'));
      }
    },
  };
  return watches;
}
