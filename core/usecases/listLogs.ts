/** A job's attempts, and what they logged, as connections (Relay's Cursor Connections Specification), oldest first. */
import { attemptRunsOf, type AttemptRun } from '../attemptRuns.ts';
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { readLines, readNotes, type LoggedLine } from './attemptNotes.ts';

export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export const defaultLines = 100;
export const maxLines = 500;
export const defaultAttempts = 20;
export const maxAttempts = 100;

type Reads = Parameters<typeof readLines>[0];

/** `note`: only lines of the attempt with this note. @throws {JobError} `BAD_USER_INPUT`. */
export async function listLines(
  core: Reads,
  { jobId, note, first, after, signal }: PageRequest & { readonly jobId: string; readonly note?: number | undefined },
): Promise<Page<LoggedLine>> {
  const size = sizeOf(first ?? defaultLines, maxLines);
  const [sequence = 0] = placeAfter('log', after, 1) ?? [];
  const lines = await readLines(core, jobId, { after: sequence, limit: size + 1, note, signal });
  return pageOf(lines, { size, after, cursorOf: (line) => cursor('log', line.sequence) });
}

/** @throws {JobError} `BAD_USER_INPUT`. */
export async function listAttempts(core: Reads, job: Job, { first, after, signal }: PageRequest): Promise<Page<AttemptRun>> {
  const size = sizeOf(first ?? defaultAttempts, maxAttempts);
  const place = placeAfter('attempt', after, 3);
  const runs = attemptRunsOf(job, await readNotes(core, job.jobId, signal));
  const following = place === undefined ? runs : runs.filter((run) => isAfter(placeOf(run), place));
  return pageOf(following, { size, after, cursorOf: (run) => cursor('attempt', ...placeOf(run)) });
}

function placeOf({ generation, number, note = 0 }: AttemptRun): readonly number[] {
  return [generation, number, note];
}

function isAfter(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && (one[index] ?? 0) > (other[index] ?? 0);
}

function pageOf<Node>(
  found: readonly Node[],
  { size, after, cursorOf }: { readonly size: number; readonly after: PageRequest['after']; cursorOf(node: Node): string },
): Page<Node> {
  const edges = found.slice(0, size).map((node) => ({ cursor: cursorOf(node), node }));
  const ends = { startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null };
  const hasPreviousPage = after !== undefined && after !== null;
  return { edges, pageInfo: { hasNextPage: found.length > size, hasPreviousPage, ...ends } };
}

function sizeOf(first: number, most: number): number {
  if (first < 0 || first > most) throw new JobError('BAD_USER_INPUT', { message: `first is 0 to ${most}.`, path: ['first'] });
  return first;
}

function cursor(kind: string, ...place: readonly number[]): string {
  return Buffer.from([kind, ...place].join(':')).toString('base64url');
}

function placeAfter(kind: string, after: PageRequest['after'], numbers: number): readonly number[] | undefined {
  if (after === undefined || after === null) return undefined;
  const [found, ...place] = Buffer.from(after, 'base64url').toString().split(':');
  if (found === kind && place.length === numbers && place.every((one) => /^\d{1,10}$/.test(one))) return place.map(Number);
  throw new JobError('BAD_USER_INPUT', { message: 'after is not a cursor of this list.', path: ['after'] });
}

export type { AttemptRun, LoggedLine };
