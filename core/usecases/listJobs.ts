/** Jobs, newest first, as a connection (Relay's Cursor Connections Specification): an owner's, or the failed ones of all owners. */
import { z } from 'zod';
import { JobError } from '../errors.ts';
import { failedStatuses, isFailed, type Job } from '../job.ts';
import type { Core } from './core.ts';
import { checkFilter, matches, matchesNothing, rangeOf, type JobsFilter } from './jobsFilter.ts';
import { getJobByIdempotencyKey } from './readJob.ts';

export interface ListJobsRequest {
  /** Undefined: all owners, of which only failed and cancelled jobs can be listed. */
  readonly owner: string | undefined;
  readonly filter?: JobsFilter | undefined;
  readonly first?: number | undefined;
  readonly after?: string | undefined;
  readonly last?: number | undefined;
  readonly before?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JobEdge {
  readonly cursor: string;
  readonly job: Job;
}

export interface JobPage {
  readonly edges: readonly JobEdge[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export const defaultPageSize = 20;
export const maxPageSize = 100;
/** Records that are read for one page: a search for rare jobs must not go on without end. */
const maxLookedAt = 1000;

/**
 * `first` and `after` page towards older jobs, `last` and `before` towards newer ones. The list comes from an index
 * that follows the table within moments; the jobs in it are read as they are now. Where the filter asks what no index
 * knows, a page may be short, or empty, and not the last.
 * @throws {JobError} `BAD_USER_INPUT` for a malformed cursor, a size outside 0 to 100, both directions at once, or a filter
 *   that cannot be answered.
 */
export async function listJobs(core: Pick<Core, 'table'>, request: ListJobsRequest): Promise<JobPage> {
  const { filter = {}, first, after, last, before, signal } = request;
  if (first !== undefined && last !== undefined) throw badInput('first', 'Ask for `first` or for `last`, not for both.');
  checkScope(request);
  const backwards = last !== undefined;
  const size = backwards ? pageSize('last', last) : pageSize('first', first ?? defaultPageSize);
  const afterId = after === undefined ? undefined : decodeCursor('after', after);
  const beforeId = before === undefined ? undefined : decodeCursor('before', before);

  // Newest first, so the jobs "after" an edge have lower ids. The bound on the other side is checked here.
  const [start, end] = backwards ? [beforeId, afterId] : [afterId, beforeId];
  const jobs: Job[] = [];
  let beyond = start;
  let looked = 0;
  let more = !matchesNothing(filter);
  while (more && jobs.length <= size && looked < maxLookedAt) {
    const wanted = Math.min(size + 1 - jobs.length, maxPageSize);
    const ids = await idsOf(core, request, { newestFirst: !backwards, beyond, limit: wanted });
    more = ids.length === wanted;
    beyond = ids.at(-1);
    looked += ids.length;
    const within = ids.filter((id) => end === undefined || (backwards ? id < end : id > end));
    if (within.length < ids.length) more = false;
    for (const job of await core.table.getMany(within, signal)) {
      if (job !== undefined && matches(filter, job)) jobs.push(job);
    }
  }

  const page = jobs.slice(0, size);
  const isCut = more && jobs.length <= size;
  const hasMore = isCut || jobs.length > size;
  const shown = backwards
    ? pageOf(page.toReversed(), { hasNextPage: before !== undefined, hasPreviousPage: hasMore })
    : pageOf(page, { hasNextPage: hasMore, hasPreviousPage: after !== undefined });
  if (!isCut || beyond === undefined) return shown;
  // After everything that was looked at.
  const cursor = encodeCursor(beyond);
  return { ...shown, pageInfo: { ...shown.pageInfo, ...(backwards ? { startCursor: cursor } : { endCursor: cursor }) } };
}

export interface JobCount {
  readonly count: number;
  /** False: there are at least so many. */
  readonly isExact: boolean;
}

/** Ids are counted up to this number. */
const maxCount = 10_000;
const idsARead = 1000;

/** @throws {JobError} `BAD_USER_INPUT` for a filter that cannot be answered. */
export async function countJobs(
  core: Pick<Core, 'table'>,
  request: Pick<ListJobsRequest, 'owner' | 'filter' | 'signal'>,
): Promise<JobCount> {
  const { filter = {}, signal } = request;
  checkScope(request);
  if (matchesNothing(filter)) return { count: 0, isExact: true };
  const isIndexed = knowsAll(request);
  let count = 0;
  let looked = 0;
  let beyond: string | undefined;
  for (;;) {
    const limit = isIndexed ? Math.min(idsARead, maxCount + 1 - count) : maxPageSize;
    const ids = await idsOf(core, request, { newestFirst: true, beyond, limit });
    looked += ids.length;
    beyond = ids.at(-1);
    const jobs = isIndexed ? ids : (await core.table.getMany(ids, signal)).filter((job) => job !== undefined && matches(filter, job));
    count += jobs.length;
    if (count > maxCount) return { count: maxCount, isExact: false };
    if (ids.length < limit) return { count, isExact: true };
    if (!isIndexed && looked >= maxLookedAt) return { count, isExact: false };
  }
}

/** Whether the index of every engine has all requested fields, so that no record need be read. */
function knowsAll({ owner, filter = {} }: Pick<ListJobsRequest, 'owner' | 'filter'>): boolean {
  const { status, type, tags = [], idempotencyKey, errorCode, errorFingerprint } = filter;
  if (errorFingerprint !== undefined || idempotencyKey !== undefined) return false;
  if (owner === undefined) return errorCode === undefined && type === undefined && tags.length === 0;
  if (status === undefined) return true;
  const isOfTroubled = errorCode !== undefined || status.every(isFailed);
  return (isOfTroubled || tags.length === 0) && status.includes('PENDING') === status.includes('PROCESSING');
}

interface IdsQuery {
  readonly newestFirst: boolean;
  readonly beyond: string | undefined;
  readonly limit: number;
}

/** Jobs that may match, in order. Fewer than `limit`: there are no more. */
export async function idsOf(
  core: Pick<Core, 'table'>,
  request: Pick<ListJobsRequest, 'owner' | 'filter'>,
  query: IdsQuery,
): Promise<readonly string[]> {
  const { owner, filter = {} } = request;
  const { status, type, tags, idempotencyKey, errorCode } = filter;
  const { newestFirst, beyond } = query;
  if (idempotencyKey !== undefined && owner !== undefined) {
    const job = await getJobByIdempotencyKey(core, { owner, idempotencyKey });
    const isBeyond = job !== undefined && (beyond === undefined || (newestFirst ? job.jobId < beyond : job.jobId > beyond));
    return isBeyond ? [job.jobId] : [];
  }
  if (owner !== undefined) return core.table.listOwned({ owner, status, type, tags, errorCode, ...rangeOf(filter), ...query });
  const places = failedStatuses.filter((place) => status?.includes(place) === true);
  const found = await Promise.all(places.map((place) => idsAt(core, place, rangeOf(filter), query)));
  return found
    .flat()
    .toSorted(newestFirst ? (a, b) => (a > b ? -1 : 1) : undefined)
    .slice(0, query.limit);
}

/** An engine's page may be shorter than requested. */
async function idsAt(
  { table }: Pick<Core, 'table'>,
  place: (typeof failedStatuses)[number],
  range: ReturnType<typeof rangeOf>,
  { newestFirst, beyond, limit }: IdsQuery,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let after = beyond;
  do {
    const { jobs, next } = await table.listPlaced({ place, descending: newestFirst, ...range, after, limit: limit - ids.length });
    ids.push(...jobs.map(({ jobId }) => jobId));
    after = next;
  } while (after !== undefined && ids.length < limit);
  return ids.slice(0, limit);
}

/** Checks that the jobs can be found without reading through many others. */
export function checkScope({ owner, filter = {} }: Pick<ListJobsRequest, 'owner' | 'filter'>): void {
  checkFilter(filter);
  if (owner !== undefined) return;
  const { status, idempotencyKey } = filter;
  if (status === undefined || !status.every(isFailed)) {
    throw badInput(
      'filter.status',
      `Of all owners only these can be listed: ${failedStatuses.join(', ')}. Ask for some of them, or name an owner.`,
    );
  }
  if (idempotencyKey !== undefined) throw badInput('filter.idempotencyKey', 'Each owner has keys of their own: name the owner.');
}

function pageOf(jobs: readonly Job[], more: Pick<JobPage['pageInfo'], 'hasNextPage' | 'hasPreviousPage'>): JobPage {
  const edges = jobs.map((job) => ({ cursor: encodeCursor(job.jobId), job }));
  return { edges, pageInfo: { ...more, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null } };
}

function pageSize(name: string, size: number): number {
  if (size < 0 || size > maxPageSize) throw badInput(name, `${name} is 0 to ${maxPageSize}.`);
  return size;
}

const cursorSchema = z.ulid();
const cursorPrefix = 'job:';

function encodeCursor(jobId: string): string {
  return Buffer.from(cursorPrefix + jobId).toString('base64url');
}

function decodeCursor(name: string, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const parsed = cursorSchema.safeParse(text.slice(cursorPrefix.length));
  if (!text.startsWith(cursorPrefix) || !parsed.success) throw badInput(name, `${name} is not a cursor of this list.`);
  return parsed.data;
}

function badInput(path: string, message: string): JobError {
  return new JobError('BAD_USER_INPUT', { message, path: path.split('.') });
}
