/**
 * How many jobs of each type were handed in recently, how they ended, and how long they waited and ran: counted in the index,
 * one slice of time after the other, and measured in the records of a sample. What is read is bounded, however many there are.
 */
import { decodeTime } from 'ulid';
import type { Job } from '../job.ts';
import type { SurveyedJob } from '../table/jobTable.ts';
import type { Core } from './core.ts';
import { rangeOf } from './jobsFilter.ts';

export const statisticsWindows = {
  HOUR: { ms: 3_600_000, slices: 12 },
  DAY: { ms: 86_400_000, slices: 24 },
} as const;

export type StatisticsWindow = keyof typeof statisticsWindows;

export interface Slice {
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly created: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

export interface TypeStatistics {
  /** The number of jobs handed in within the window, and of these: */
  readonly created: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Oldest first. */
  readonly slices: readonly Slice[];
  /** Milliseconds, of the sampled jobs. */
  readonly wait: Percentiles | undefined;
  readonly run: Percentiles | undefined;
  readonly sampled: number;
  /** There are more jobs than are counted: the numbers are estimated from the newest ones of each slice. */
  readonly isEstimated: boolean;
}

/** By type; a type without jobs is absent. */
export type JobStatistics = ReadonlyMap<string, TypeStatistics>;

/** Rows of the index that are read for one window. */
const maxRows = 12_000;
const maxSampled = 500;
const maxSampledOfType = 50;
const recordsARead = 100;

export interface StatisticsRequest {
  /** Undefined: all owners'. */
  readonly owner: string | undefined;
  readonly window: StatisticsWindow;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined where no index of the table has all owners' jobs. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function jobStatistics(
  core: Pick<Core, 'table'>,
  { owner, window, signal }: StatisticsRequest,
): Promise<JobStatistics | undefined> {
  const { ms, slices } = statisticsWindows[window];
  const now = (await core.table.time()).at;
  const limit = maxRows / slices;
  const sliceMs = ms / slices;
  const starts = Array.from({ length: slices }, (_, index) => now - ms + index * sliceMs);
  const surveys = await Promise.all(
    starts.map(async (startsAt) => {
      // The last slice ends now, whatever clock made the newest ids.
      const createdBefore = startsAt === starts.at(-1) ? undefined : startsAt + sliceMs;
      const jobs = await core.table.surveyOwned({ owner, ...rangeOf({ createdAfter: startsAt, createdBefore }), limit });
      return jobs === undefined ? undefined : { startsAt, jobs, factor: factorOf(jobs, { limit, startsAt, endsAt: startsAt + sliceMs }) };
    }),
  );
  const known = surveys.filter((survey) => survey !== undefined);
  if (known.length < surveys.length) return undefined;

  const types = new Set(known.flatMap(({ jobs }) => jobs.map(({ type }) => type)));
  const sampled = await sample(
    core,
    known.flatMap(({ jobs }) => jobs),
    { types, signal },
  );
  return new Map([...types].map((type) => [type, statisticsOf(known, sampled.get(type) ?? [], type)]));
}

interface Survey {
  readonly startsAt: number;
  readonly jobs: readonly SurveyedJob[];
  /** How many jobs each row stands for. */
  readonly factor: number;
}

/** The newest rows of a full slice show how dense it is. */
function factorOf(
  jobs: readonly SurveyedJob[],
  { limit, startsAt, endsAt }: { readonly limit: number; readonly startsAt: number; readonly endsAt: number },
): number {
  const last = jobs.at(-1);
  if (jobs.length < limit || last === undefined) return 1;
  return (endsAt - startsAt) / Math.max(1, endsAt - Math.min(endsAt, decodeTime(last.jobId)));
}

function statisticsOf(surveys: readonly Survey[], sampled: readonly Job[], type: string): TypeStatistics {
  const slices = surveys.map(({ startsAt, jobs, factor }): Slice => {
    const ours = jobs.filter((job) => job.type === type);
    const times = (outcomes: readonly string[]): number =>
      Math.round(ours.filter(({ outcome }) => outcome !== undefined && outcomes.includes(outcome)).length * factor);
    const created = Math.round(ours.length * factor);
    return { startsAt, created, succeeded: times(['SUCCEEDED']), failed: times(['FAILED', 'FAILED_FINAL']) };
  });
  const sum = (name: 'created' | 'succeeded' | 'failed'): number => slices.reduce((total, slice) => total + slice[name], 0);
  return {
    created: sum('created'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    slices,
    wait: percentilesOf(sampled.flatMap(waitMsOf)),
    run: percentilesOf(sampled.flatMap(runMsOf)),
    sampled: sampled.length,
    isEstimated: surveys.some(({ factor }) => factor > 1),
  };
}

/** A sample of the jobs that were worked on: as many of each type, spread evenly over the window. */
async function sample(
  { table }: Pick<Core, 'table'>,
  jobs: readonly SurveyedJob[],
  { types, signal }: { readonly types: ReadonlySet<string>; readonly signal: AbortSignal | undefined },
): Promise<ReadonlyMap<string, readonly Job[]>> {
  const ofEach = Math.max(1, Math.min(maxSampledOfType, Math.floor(maxSampled / Math.max(1, types.size))));
  const ids = [...types].slice(0, maxSampled).flatMap((type) => {
    const done = jobs.filter((job) => job.type === type && (job.outcome === 'SUCCEEDED' || job.outcome === 'FAILED_FINAL'));
    const step = Math.max(1, done.length / ofEach);
    const chosen = Array.from({ length: Math.min(ofEach, done.length) }, (_, index) => done[Math.floor(index * step)]);
    return chosen.flatMap((job) => job?.jobId ?? []);
  });
  const found = new Map<string, Job[]>();
  for (let start = 0; start < ids.length; start += recordsARead) {
    for (const job of await table.getMany(ids.slice(start, start + recordsARead), signal)) {
      if (job !== undefined) found.set(job.type, [...(found.get(job.type) ?? []), job]);
    }
  }
  return found;
}

/** When it could have begun, in its first generation: a retry begins a wait of its own. */
function waitMsOf({ generation, createdAt, runAt = 0, dueAt = 0, startedAt }: Job): readonly number[] {
  if (startedAt === undefined || generation > 1) return [];
  // A due time after the start belongs to another attempt.
  return [Math.max(0, startedAt - Math.max(createdAt, runAt, dueAt > startedAt ? 0 : dueAt))];
}

function runMsOf({ startedAt, finishedAt }: Job): readonly number[] {
  return startedAt === undefined || finishedAt === undefined ? [] : [Math.max(0, finishedAt - startedAt)];
}

/** By the nearest-rank method. */
function percentilesOf(values: readonly number[]): Percentiles | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | undefined => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const [p50, p95] = [at(0.5), at(0.95)];
  return p50 === undefined || p95 === undefined ? undefined : { p50, p95 };
}
