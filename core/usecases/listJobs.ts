/** An owner's jobs, newest first, as a connection (Relay's Cursor Connections Specification). */
import { z } from 'zod';
import { JobError } from '../errors.ts';
import type { Job, JobStatus } from '../job.ts';
import type { Core } from './core.ts';

export interface ListJobsRequest {
  readonly owner: string;
  readonly filter?: { readonly status?: readonly JobStatus[] | undefined; readonly type?: readonly string[] | undefined } | undefined;
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
/** DynamoDB: an IN condition compares with at most 100 operands. */
const maxFilterValues = 50;

/**
 * `first` and `after` page towards older jobs, `last` and `before` towards newer ones. The list comes from an index
 * that follows the table within moments; the jobs in it are read as they are now.
 * @throws {JobError} `BAD_USER_INPUT` for a malformed cursor, a size outside 0 to 100, or both directions at once.
 */
export async function listJobs(core: Pick<Core, 'table'>, request: ListJobsRequest): Promise<JobPage> {
  const { owner, filter = {}, first, after, last, before, signal } = request;
  if (first !== undefined && last !== undefined) throw badInput('first', 'Ask for `first` or for `last`, not for both.');
  for (const [name, list] of Object.entries(filter)) {
    if (list !== undefined && list.length > maxFilterValues) throw badInput(`filter.${name}`, `At most ${maxFilterValues} values.`);
    if (list?.length === 0) return pageOf([], { hasNextPage: false, hasPreviousPage: after !== undefined });
  }
  const backwards = last !== undefined;
  const size = backwards ? pageSize('last', last) : pageSize('first', first ?? defaultPageSize);
  const afterId = after === undefined ? undefined : decodeCursor('after', after);
  const beforeId = before === undefined ? undefined : decodeCursor('before', before);

  // Newest first, so "after" an edge are the lower ids. The bound on the other side is checked here.
  const [start, end] = backwards ? [beforeId, afterId] : [afterId, beforeId];
  const jobs: Job[] = [];
  let beyond = start;
  let more = true;
  while (more && jobs.length <= size) {
    const wanted = Math.min(size + 1 - jobs.length, maxPageSize);
    const ids = await core.table.listOwned({ owner, ...filter, newestFirst: !backwards, beyond, limit: wanted });
    more = ids.length === wanted;
    beyond = ids.at(-1);
    const within = ids.filter((id) => end === undefined || (backwards ? id < end : id > end));
    if (within.length < ids.length) more = false;
    for (const job of await core.table.getMany(within, signal)) {
      if (job !== undefined && matches(job, filter)) jobs.push(job);
    }
  }

  const page = jobs.slice(0, size);
  const hasMore = jobs.length > size;
  return backwards
    ? pageOf(page.toReversed(), { hasNextPage: before !== undefined, hasPreviousPage: hasMore })
    : pageOf(page, { hasNextPage: hasMore, hasPreviousPage: after !== undefined });
}

/** The index knows no difference of PENDING and PROCESSING, and lags: the record decides. */
function matches(job: Job, { status, type }: NonNullable<ListJobsRequest['filter']>): boolean {
  return (status === undefined || status.includes(job.status)) && (type === undefined || type.includes(job.type));
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
