/** Failures by their kind: how many jobs failed in that way, since when, and the last one of them. */
import { failedStatuses, type Job, type JobFailure } from '../job.ts';
import type { Core } from './core.ts';
import { errorFingerprint, normalisedMessage } from './errorFingerprint.ts';
import type { JobsFilter } from './jobsFilter.ts';
import { listJobs, maxPageSize, type ListJobsRequest } from './listJobs.ts';

export interface ErrorGroup {
  readonly fingerprint: string;
  readonly type: string;
  readonly code: string;
  /** Normalised. */
  readonly message: string;
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** The one that failed last. */
  readonly lastJob: Job;
}

export interface ErrorGroups {
  /** The kinds with most jobs first. */
  readonly groups: readonly ErrorGroup[];
  /** Jobs that were looked at, the newest ones. */
  readonly looked: number;
  /** False: there are older ones, which were not looked at. */
  readonly isComplete: boolean;
}

/** However many there are. */
const maxPages = 10;
/** Cancelled jobs have no error of their own. */
const failed = failedStatuses.filter((status) => status !== 'CANCELLED');

/** At most 1,000 records are grouped. @throws {JobError} `BAD_USER_INPUT` for a filter that cannot be answered. */
export async function groupErrors(
  core: Pick<Core, 'table'>,
  { owner, filter = {}, signal }: Pick<ListJobsRequest, 'owner' | 'filter' | 'signal'>,
): Promise<ErrorGroups> {
  const asked: JobsFilter = { ...filter, status: filter.status ?? failed };
  const groups = new Map<string, ErrorGroup>();
  let looked = 0;
  let after: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const { edges, pageInfo } = await listJobs(core, { owner, filter: asked, first: maxPageSize, after, signal });
    for (const { job } of edges) {
      if (job.error !== undefined) add(groups, job, job.error);
    }
    looked += edges.length;
    if (!pageInfo.hasNextPage) return { groups: byCount(groups), looked, isComplete: true };
    after = pageInfo.endCursor ?? undefined;
  }
  return { groups: byCount(groups), looked, isComplete: false };
}

function add(groups: Map<string, ErrorGroup>, job: Job, error: JobFailure): void {
  const fingerprint = errorFingerprint(job, error);
  const group = groups.get(fingerprint);
  const { code, at } = error;
  if (group === undefined) {
    const message = normalisedMessage(error.message);
    groups.set(fingerprint, { fingerprint, type: job.type, code, message, count: 1, firstSeenAt: at, lastSeenAt: at, lastJob: job });
    return;
  }
  const isLast = at > group.lastSeenAt;
  groups.set(fingerprint, {
    ...group,
    count: group.count + 1,
    firstSeenAt: Math.min(group.firstSeenAt, at),
    ...(isLast ? { lastSeenAt: at, lastJob: job } : {}),
  });
}

function byCount(groups: ReadonlyMap<string, ErrorGroup>): readonly ErrorGroup[] {
  return [...groups.values()].toSorted((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt);
}
