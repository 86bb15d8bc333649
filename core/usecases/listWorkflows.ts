/** An owner's workflows, newest first, and one workflow's jobs, as connections. */
import { jobStatuses, type Job, type JobStatus } from '../job.ts';
import { badInput } from '../text.ts';
import type { Workflow, WorkflowStatus } from '../workflow/workflow.ts';
import type { Core } from './core.ts';
import { listChildren } from './childList.ts';
import type { JobPage } from './listJobs.ts';
import type { Page } from './listLogs.ts';
import { jobsOf } from './retryWorkflow.ts';
import { listedWorkflowKind, readPlan, workflowKind, workflowListPlace } from './workflows.ts';

export const defaultWorkflowsPage = 20;
export const maxWorkflowsPage = 100;

/** What is left out does not narrow the list. Times are milliseconds since the epoch. */
export interface WorkflowsFilter {
  readonly status?: readonly WorkflowStatus[] | undefined;
  readonly name?: string | undefined;
  /** All of these. */
  readonly tags?: readonly string[] | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
}

export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** Listed ones that one request looks at. */
const mostLooked = 1000;

/**
 * A cursor is an id's. Where few match, a page may hold fewer than asked for, and not be the last: `endCursor` says how far it
 * looked. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`.
 */
export async function listWorkflows(
  { table }: Pick<Core, 'table'>,
  { owner, filter, first, after }: PageRequest & { readonly owner: string; readonly filter: WorkflowsFilter },
): Promise<Page<Workflow>> {
  const size = sizeOf(first);
  const below = after === undefined || after === null ? undefined : textOf(after);
  const found: Workflow[] = [];
  let cursor: string | undefined;
  let looked = 0;
  let last = below;
  do {
    const query = { place: workflowListPlace(owner), descending: true, cursor, below, limit: 100 };
    const { rows, next } = await table.entries.listKeys(listedWorkflowKind, query);
    const keys = rows.map(({ key }) => key);
    const entries = keys.length === 0 ? [] : await table.entries.getMany(workflowKind, keys);
    for (const [index, entry] of entries.entries()) {
      // One that is listed and not there is about to be created, or was never.
      if (found.length > size) break;
      if (entry?.value.owner === owner && matches(filter, entry.value)) found.push(entry.value);
      if (found.length <= size) last = keys[index];
    }
    looked += rows.length;
    cursor = next;
  } while (cursor !== undefined && found.length <= size && looked < mostLooked);
  const edges = found.slice(0, size).map((node) => ({ cursor: cursorOf(node.workflowId), node }));
  const endCursor = found.length > size ? edges.at(-1)?.cursor : last === undefined ? undefined : cursorOf(last);
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > size || cursor !== undefined,
      hasPreviousPage: below !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: endCursor ?? null,
    },
  };
}

/** In the order of the plan’s dependencies; a cursor is a number’s. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function listWorkflowJobs(
  core: { readonly table: Pick<Core['table'], 'entries' | 'getMany'> },
  workflowId: string,
  { first, after, signal }: PageRequest & { readonly signal?: AbortSignal | undefined },
): Promise<JobPage> {
  const size = sizeOf(first);
  const plan = await readPlan(core, workflowId);
  const from = after === undefined || after === null ? 0 : Number(textOf(after)) + 1;
  if (!Number.isInteger(from) || from < 0) throw badInput('is no cursor of this list', ['after']);
  const numbers = (plan?.forwards ?? []).slice(from, from + size);
  const jobs =
    numbers.length === 0
      ? []
      : await core.table.getMany(
          numbers.map((number) => plan?.jobIds[number] ?? ''),
          signal,
        );
  // Those that are still being made are not there yet.
  const edges = jobs.flatMap((job, index) => (job === undefined ? [] : [{ cursor: cursorOf(String(from + index)), job }]));
  return {
    edges,
    pageInfo: {
      hasNextPage: from + size < (plan?.jobs.length ?? 0),
      hasPreviousPage: from > 0,
      startCursor: edges[0]?.cursor ?? null,
      // Also where the jobs of the page do not exist yet, so that a client that pages does not start over.
      endCursor: numbers.length === 0 ? null : cursorOf(String(from + numbers.length - 1)),
    },
  };
}

/** In no order; a cursor is a child’s. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function pageOfChildren(core: Pick<Core, 'table'>, jobId: string, { first, after }: PageRequest): Promise<JobPage> {
  const size = sizeOf(first);
  const beyond = after === undefined || after === null ? undefined : rankOf(after);
  const none = { children: [], hasMore: true, last: undefined };
  const { children, hasMore, last } = size === 0 ? none : await listChildren(core, jobId, { limit: size, beyond });
  const edges = children.map(({ job, rank }) => ({ cursor: cursorOf(rank), job }));
  return {
    edges,
    pageInfo: {
      hasNextPage: hasMore,
      hasPreviousPage: beyond !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: last === undefined ? null : cursorOf(last),
    },
  };
}

/** Of those that there are, by status, without what no job has. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function countWorkflowJobs(
  core: Pick<Core, 'table'>,
  workflowId: string,
  signal?: AbortSignal,
): Promise<readonly { readonly status: JobStatus; readonly count: number }[]> {
  const jobs: readonly Job[] = await jobsOf(core, workflowId, signal);
  const counts = jobStatuses.map((status) => ({ status, count: jobs.filter((job) => job.status === status).length }));
  return counts.filter(({ count }) => count > 0);
}

function matches({ status, name, tags = [], createdAfter, createdBefore }: WorkflowsFilter, workflow: Workflow): boolean {
  return (
    (status === undefined || status.includes(workflow.status)) &&
    (name === undefined || workflow.name === name) &&
    tags.every((tag) => workflow.tags?.includes(tag) === true) &&
    (createdAfter === undefined || workflow.createdAt >= createdAfter) &&
    (createdBefore === undefined || workflow.createdAt < createdBefore)
  );
}

function sizeOf(first: number | null | undefined): number {
  const size = first ?? defaultWorkflowsPage;
  if (!Number.isInteger(size) || size < 0 || size > maxWorkflowsPage) throw badInput(`is 0 to ${maxWorkflowsPage}`, ['first']);
  return size;
}

const cursorOf = (text: string): string => Buffer.from(text).toString('base64url');

function rankOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^[\w-]{22}$/.test(text)) throw badInput('is no cursor of this list', ['after']);
  return text;
}

function textOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\w{1,64}$/.test(text) || cursorOf(text) !== cursor) throw badInput('is no cursor of this list', ['after']);
  return text;
}
