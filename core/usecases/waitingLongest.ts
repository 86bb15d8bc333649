/** For each type the job that has waited longest: found by the index of open jobs, confirmed by the records. */
import type { ServiceTime } from '../clock.ts';
import { jobPriorities, type Job } from '../job.ts';
import { under, waitRank } from '../place.ts';
import { shownWaitOf } from '../shownWait.ts';
import { limitRanges } from '../typeLimits.ts';
import type { Core } from './core.ts';
import { pauseKey } from './pauses.ts';
import { readEach } from './readEach.ts';

export interface WaitingJob {
  readonly job: Job;
  /** When its wait began, or when it could have begun: milliseconds since the epoch, in the service's time. */
  readonly since: number;
}

/** By type; a type without waiting jobs is absent. */
export type WaitingLongest = ReadonlyMap<string, WaitingJob>;

const recordsARead = 100;
/** Of the open jobs, the oldest. */
const mostLookedAt = 500;
/** Of the jobs that wait for one pause or limit; and of one type, where jobs of other types came first. */
const mostOfOne = 20;
/** For an index that does not know which jobs wait. */
const mostRows = 10_000;

export interface WaitingLongestRequest {
  /** Undefined: all owners'. */
  readonly owner: string | undefined;
  readonly types: readonly string[];
}

/** Jobs that begin later, or wait between two attempts, do not count. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function waitingLongest(core: Pick<Core, 'table' | 'log'>, { owner, types }: WaitingLongestRequest): Promise<WaitingLongest> {
  const ids = owner === undefined ? await openIds(core, types) : await ownersIds(core, owner, types);
  const now = await core.table.time();
  const found = new Map<string, WaitingJob>();
  for (let start = 0; start < ids.length; start += recordsARead) {
    const { jobs } = await readEach(
      core,
      ids.slice(start, start + recordsARead).map((jobId) => ({ jobId })),
    );
    for (const job of jobs) {
      const since = waitingSince(job, now);
      if (since !== undefined && since < (found.get(job.type)?.since ?? Infinity)) found.set(job.type, { job, since });
    }
  }
  return found;
}

async function ownersIds({ table }: Pick<Core, 'table'>, owner: string, types: readonly string[]): Promise<readonly string[]> {
  const query = { owner, status: ['PENDING'], newestFirst: false, mostRows } as const;
  const oldest = await table.listOwned({ ...query, limit: mostLookedAt });
  if (oldest.length < mostLookedAt) return oldest;
  const ofTypes = await Promise.all(types.map((type) => table.listOwned({ ...query, type: [type], limit: mostOfOne })));
  return [...new Set([...oldest, ...ofTypes.flat()])];
}

/** Across all owners. */
async function openIds({ table }: Pick<Core, 'table'>, types: readonly string[]): Promise<readonly string[]> {
  const pauses = [...types.map((type) => pauseKey({ type })), ...jobPriorities.map((priority) => pauseKey({ priority }))];
  const ranges = [
    ...pauses.map((key) => ({ place: 'paused', ...under(waitRank(key)) }) as const),
    ...types.flatMap(limitRanges).map((range) => ({ place: 'limit', ...range }) as const),
  ];
  const pages = await Promise.all([
    table.listPlaced({ place: 'open', limit: mostLookedAt }),
    ...ranges.map((range) => table.listPlaced({ ...range, limit: mostOfOne })),
  ]);
  return [...new Set(pages.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId)))];
}

function waitingSince(job: Job, now: ServiceTime): number | undefined {
  const reason = shownWaitOf(job, now)?.reason;
  if (reason === undefined || reason === 'RUN_AT' || reason === 'BACKOFF') return undefined;
  return Math.max(job.history.at(-1)?.at ?? job.createdAt, job.dueAt ?? 0);
}
