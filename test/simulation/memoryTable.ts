/**
 * The table's contract in memory, on a clock that is given: each write is taken or refused by the shipped rules themselves
 * (`allows`, `permits`), and reported to a recorder. For simulations of millions of writes.
 */
import type { ServiceTime } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import { byRank, placeOf } from '../../core/place.ts';
import { createEntries } from '../../core/table/entries.ts';
import type { Changes, IdempotencyLock, JobTable, SweepState, WriteResult } from '../../core/table/jobTable.ts';
import type { Facts } from '../../core/guards.ts';
import { allows, permits, touchOf, transitionOf } from '../../core/transitions.ts';
import { isUnawaited } from '../../core/workflow/look.ts';
import type { Write } from '../faults/history.ts';
import { createMemoryEntries } from './memoryEntries.ts';

export interface MemoryTableDeps {
  readonly time: () => ServiceTime;
  /** The true time, by which writes are recorded. */
  readonly now: () => number;
  readonly onWrite: (write: Write) => void;
  /** What becomes of a request: `lost` takes no effect, and `unanswered` does; both reject. */
  readonly luck?: (request: 'lock' | 'create' | 'get' | 'transition' | 'touch') => 'fine' | 'lost' | 'unanswered';
  /** Waited for before each request takes effect. */
  readonly turn?: (request: string) => Promise<void> | undefined;
}

export interface MemoryTable extends JobTable {
  readonly jobs: ReadonlyMap<string, Job>;
}

export function createMemoryTable({ time, now, onWrite, luck = () => 'fine', turn = () => undefined }: MemoryTableDeps): MemoryTable {
  const jobs = new Map<string, Job>();
  const locks = new Map<string, IdempotencyLock>();
  /** In order, so that the open ones can be read page by page. */
  const ids: string[] = [];
  let sweep: SweepState | undefined;
  let versions = 0;
  let writes = 0;

  async function request<Answer>(name: Parameters<typeof luck>[0], effect: () => Answer): Promise<Answer> {
    await turn(name);
    const chance = luck(name);
    if (chance === 'lost') throw new JobError('TABLE_UNAVAILABLE');
    const answer = effect();
    if (chance === 'unanswered') throw new JobError('TABLE_UNAVAILABLE');
    return answer;
  }

  function put(written: Job, fence: string | undefined, isTransition: boolean): WriteResult {
    const job = { ...written, writeId: String((writes += 1)) };
    jobs.set(job.jobId, job);
    const { jobId, version, status, generation, claim, failures, maxFailures, losses, maxLosses, cancelRequested, dueAt, updatedAt } = job;
    const counts = { failures, maxFailures, losses, maxLosses, cancelRequested, dueAt, updatedAt, seenAt: now() };
    onWrite({ jobId, version, status, generation, claimId: claim?.id, fence, isTransition, counts });
    return { ok: true, job };
  }

  return {
    jobs,
    seesOthers: true,
    entries: createEntries({
      raw: createMemoryEntries(),
      time: () => Promise.resolve(time()),
      newVersion: () => String((versions += 1)),
    }),
    time: () => Promise.resolve(time()),
    create: (draft) =>
      request('create', () => {
        const present = jobs.get(draft.jobId);
        if (present !== undefined) return { ok: false, job: present };
        ids.splice(firstAfter(ids, draft.jobId), 0, draft.jobId);
        return put({ ...draft, writeId: '' }, undefined, true);
      }),
    lock: (owner, idempotencyKey, lock, lowSeconds) =>
      request('lock', () => {
        const key = `${owner}#${idempotencyKey}`;
        const present = locks.get(key);
        if (present !== undefined && present.expiresAt > lowSeconds) return { taken: false, lock: present };
        locks.set(key, lock);
        return { taken: true, lock };
      }),
    readLock: (owner, idempotencyKey) => Promise.resolve(locks.get(`${owner}#${idempotencyKey}`)),
    get: (jobId) => request('get', () => jobs.get(jobId)),
    getMany: (jobIds) => request('get', () => jobIds.map((jobId) => jobs.get(jobId))),
    transition: (event, jobId, { facts, attempt, error, keptHistory, listeners, changes = {} }) =>
      request('transition', () => {
        const job = jobs.get(jobId);
        const rule = transitionOf(event);
        if (job === undefined || !allows(rule, job, facts)) return { ok: false, job };
        const version = job.version + 1;
        const entry = { version, status: rule.to, at: facts.now.at, attempt, error };
        const history = [...(keptHistory ?? job.history), entry];
        const isQuiet =
          listeners !== undefined &&
          isUnawaited(
            job,
            listeners.map((listener) => jobs.get(listener)),
          );
        const next = changed(
          { ...job, status: rule.to, version, history, updatedAt: facts.now.at },
          { waiting: null, tell: null, ...changes, ...(isQuiet ? { tell: null } : {}), ...(error === undefined ? {} : { error }) },
        );
        return put(next, fenceOf(rule.guards, facts), true);
      }),
    touch: (touch, jobId, facts, changes) =>
      request('touch', () => {
        const job = jobs.get(jobId);
        const rule = touchOf(touch);
        if (job === undefined || !permits(rule, job, facts)) return { ok: false, job };
        return put(changed(job, changes), fenceOf(rule.guards, facts), false);
      }),
    listPlaced({ place, after = '', from = '', below, limit }) {
      if (place === 'due' || place === 'signal') {
        const rows = [...jobs.values()]
          .map((job) => ({ jobId: job.jobId, at: placeOf(job) }))
          .flatMap(({ jobId, at }) => (at?.place === place && at.rank > after && at.rank >= from ? [{ jobId, rank: at.rank }] : []))
          .filter(({ rank }) => below === undefined || rank < below)
          .toSorted((a, b) => byRank(a.rank, b.rank))
          .slice(0, limit);
        return Promise.resolve({ jobs: rows, next: rows.length < limit ? undefined : rows.at(-1)?.rank });
      }
      const found: { jobId: string; rank: string }[] = [];
      for (let index = firstAfter(ids, after); index < ids.length && found.length < limit; index += 1) {
        const job = jobs.get(ids[index] ?? '');
        const at = job === undefined ? undefined : placeOf(job);
        if (job === undefined || at?.place !== place || at.rank < from) continue;
        if (below !== undefined && at.rank >= below) break;
        found.push({ jobId: job.jobId, rank: at.rank });
      }
      return Promise.resolve({ jobs: found, next: found.length < limit ? undefined : found.at(-1)?.rank });
    },
    listOwned: () => Promise.resolve([]),
    surveyOwned: () => Promise.resolve([]),
    removeTags: () => Promise.resolve(),
    keepPayload: ({ value }) => Promise.resolve({ kind: 'inline', value }),
    readPayloads: (keys) => Promise.resolve(keys.map(() => undefined)),
    renewPayload: (pointer) => Promise.resolve(pointer),
    readSweep: () => Promise.resolve(sweep),
    writeSweep(state) {
      sweep = state;
      return Promise.resolve();
    },
    check: () => Promise.resolve(),
  };
}

function fenceOf(guards: readonly string[], { claimId }: Partial<Facts>): string | undefined {
  return guards.includes('holdsClaim') ? claimId : undefined;
}

/** `null` removes a field, as in the table. */
function changed(job: Job, { leaseExpiresAt, ...changes }: Changes): Job {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const next: Job = Object.assign({ ...job }, Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined])));
  if (leaseExpiresAt === undefined || next.claim === undefined) return next;
  return { ...next, claim: { ...next.claim, expiresAt: leaseExpiresAt } };
}

/** The index of the first id beyond `after`, of ids in ascending order. */
function firstAfter(ids: readonly string[], after: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
