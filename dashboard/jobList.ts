/**
 * One owner's jobs, live: a page of the list, kept up to date by the feed of all jobs of that owner. After an interruption of
 * that feed, the list is read again, and missed events are taken from the jobs' histories.
 */
import { signal as createSignal, type ReadonlySignal, type Signal } from '@preact/signals-core';
import type { Connection, ConnectionState } from '../client/connection.ts';
import { isPassing, JobTicketsError } from '../client/errors.ts';
import type { JobStatusEvent } from '../client/job.ts';
import { createActivity, type Activity } from './activity.ts';
import { documents, type Answers, type Filter, type ListedJob, type Whose } from './documents.ts';
import { createKnownJobs, matches } from './knownJobs.ts';

export type FeedState = ConnectionState | 'refused';

export interface JobListState {
  readonly hasLoaded: boolean;
  readonly jobs: readonly ListedJob[];
  readonly filter: Filter;
  /** From 1. */
  readonly page: number;
  readonly hasNextPage: boolean;
  /** Why the list could not be read. */
  readonly problem: string | undefined;
}

export interface JobList {
  readonly whose: Whose;
  readonly state: ReadonlySignal<JobListState>;
  readonly activity: Activity;
  /** A job by its id, if this page knows it. */
  find(jobId: string): ListedJob | undefined;
  /** Called at each read: a filter may say "the last hour". */
  narrow(filterNow: () => Filter): void;
  turnTo(page: 'first' | 'next' | 'previous'): void;
  /** Reads the page again. */
  refresh(): Promise<void>;
  /** Watches until the signal fires. */
  follow(signal: AbortSignal): Promise<void>;
}

const pageSize = 20;
const refreshEveryMs = 300;
/** The list's index follows the table with a short delay: a second read after that. */
const settledAfterMs = 1500;
/** Jobs read one by one at a time. */
const maxArriving = 4;

export interface JobListDeps {
  readonly connection: Connection;
  /** Called when the server refuses the caller, or the feed for good. */
  readonly feed: Signal<FeedState>;
  readonly whose: Whose;
}

/** There is no feed for all owners: their list is read again at this interval. */
const allOwnersEveryMs = 5000;

export function createJobList({ connection, feed, whose }: JobListDeps): JobList {
  const state = createSignal<JobListState>({
    hasLoaded: false,
    jobs: [],
    filter: {},
    page: 1,
    hasNextPage: false,
    problem: undefined,
  });
  const activity = createActivity();
  const openedAt = Date.now();
  const known = createKnownJobs();
  /** New jobs that are being read one by one. */
  const arriving = new Set<string>();
  const timers = new Map<'next' | 'settled', ReturnType<typeof setTimeout>>();
  let ids: readonly string[] = [];
  /** Where each page after the first begins. */
  let cursors: readonly string[] = [];
  let nextCursor: string | null = null;
  let asked = 0;
  let lastRefreshAt = 0;
  let filterNow = (): Filter => ({});

  function show(changes: Partial<JobListState> = {}): void {
    const jobs = ids.flatMap((id) => known.get(id) ?? []);
    state.value = { ...state.peek(), jobs, ...changes };
  }

  function take(job: ListedJob, isRecovered: boolean): void {
    known.take(job);
    activity.catchUp(job.jobId, job.history, { since: openedAt, isRecovered });
  }

  async function refresh({ isRecovered = false } = {}): Promise<void> {
    asked += 1;
    lastRefreshAt = Date.now();
    const mine = asked;
    const filter = filterNow();
    const variables = { filter, ...whose, first: pageSize, after: cursors.at(-1) };
    try {
      const { jobs } = await connection.request<Answers['list']>({ query: documents.list, variables });
      for (const { node } of jobs.edges) take(node, isRecovered);
      if (mine !== asked) return;
      ids = jobs.edges.map(({ node }) => node.jobId);
      nextCursor = jobs.pageInfo.endCursor;
      known.forget(ids);
      show({ filter, hasLoaded: true, problem: undefined, hasNextPage: jobs.pageInfo.hasNextPage });
    } catch (error) {
      if (mine === asked) show({ hasLoaded: true, problem: messageOf(error) });
    }
  }

  /** At once where nothing was read for a while, else after a pause: many new jobs cause one read. */
  function refreshSoon(): void {
    const pauseMs = Math.max(0, lastRefreshAt + refreshEveryMs - Date.now());
    for (const [name, delayMs] of [
      ['next', pauseMs],
      ['settled', pauseMs + settledAfterMs],
    ] as const) {
      if (timers.has(name)) continue;
      const timer = setTimeout(() => {
        timers.delete(name);
        void refresh();
      }, delayMs);
      timers.set(name, timer);
    }
  }

  async function read(jobId: string): Promise<void> {
    const { job } = await connection.request<Answers['listedJob']>({ query: documents.listedJob, variables: { jobId } });
    take(job, true);
    show();
  }

  /** Without waiting for the list, whose index lags; where there are many, the list brings them. */
  async function arrive(jobId: string): Promise<void> {
    if (arriving.size >= maxArriving || arriving.has(jobId)) return;
    arriving.add(jobId);
    try {
      const { job } = await connection.request<Answers['listedJob']>({ query: documents.listedJob, variables: { jobId } });
      take(job, false);
      const { filter, page } = state.peek();
      if (page === 1 && matches(job, filter)) ids = [...new Set([jobId, ...ids])].toSorted().toReversed().slice(0, pageSize);
      show();
    } finally {
      arriving.delete(jobId);
    }
  }

  function onEvent(event: JobStatusEvent): void {
    const { jobId, version, status, at, attempt, error } = event;
    const job = known.get(jobId);
    known.apply(event);
    if (!activity.note(jobId, { version, status, at, attempt, error })) void read(jobId).catch(() => undefined);
    const { filter, page } = state.peek();
    if (job === undefined && page === 1) {
      void arrive(jobId).catch(() => undefined);
      refreshSoon();
    } else if ((filter.status ?? filter.errorFingerprint) !== undefined && (job?.version ?? 0) < version) {
      // The job enters or leaves what is shown.
      refreshSoon();
    }
    show();
  }

  /** What happened meanwhile: to the jobs on this page, and to those that were open. */
  async function catchUp(wasInterrupted: boolean): Promise<void> {
    const open = known.open();
    await refresh({ isRecovered: wasInterrupted });
    const rest = open.filter(({ jobId, version }) => known.get(jobId)?.version === version && !ids.includes(jobId));
    for (const { jobId } of rest) await read(jobId).catch(() => undefined);
  }

  async function follow(signal: AbortSignal): Promise<void> {
    if (whose.allOwners === true) {
      const timer = setInterval(() => void (document.hidden || refresh()), allOwnersEveryMs);
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    }
    let tries = 0;
    let wasInterrupted = false;
    while (!signal.aborted) {
      tries += 1;
      try {
        const events = connection.subscribe<Answers['feed']>({ query: documents.feed, variables: { owner: whose.owner } }, signal);
        // The first call subscribes; what is read after it is at least as recent. Read once more for the moment in between.
        const first = events.next();
        void first.catch(() => undefined);
        void catchUp(wasInterrupted).then(refreshSoon);
        for (let next = await first; next.done !== true; next = await events.next()) {
          tries = 0;
          onEvent(next.value.jobStatusChanged);
        }
        throw new JobTicketsError('FEED_INTERRUPTED', 'The feed ended.');
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) {
          feed.value = isRefusal(error) ? 'refused' : feed.peek();
          return show({ problem: messageOf(error) });
        }
        wasInterrupted = true;
        await connection.pause(error, Math.max(1, tries), signal).catch(() => undefined);
      }
    }
  }

  return {
    whose,
    state,
    activity,
    refresh: () => refresh(),
    follow,
    find: known.get,
    narrow(next) {
      filterNow = next;
      cursors = [];
      show({ filter: next(), page: 1, hasLoaded: false });
      void refresh();
    },
    turnTo(page) {
      if (page === 'first') cursors = [];
      else if (page === 'previous') cursors = cursors.slice(0, -1);
      else if (nextCursor !== null) cursors = [...cursors, nextCursor];
      show({ page: cursors.length + 1 });
      void refresh();
    },
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof JobTicketsError && error.code === 'UNAUTHENTICATED';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
