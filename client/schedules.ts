/** Schedules: created, changed, listed. */
import type { Connection } from './connection.ts';
import { listNodes } from './listNodes.ts';
import { jobFields, type JobPriority, type JobStatus } from './job.ts';

export type OverlapPolicy = 'SKIP' | 'BUFFER_ONE' | 'ALLOW_ALL';
export type CatchUpPolicy = 'NONE' | 'ONCE' | 'ALL';
export type TickOutcome = 'CREATED' | 'SKIPPED_OVERLAP' | 'SKIPPED_PAUSED' | 'MISSED';

export interface ScheduleTick {
  /** Without its jitter. */
  readonly at: string;
  readonly outcome: TickOutcome;
  /** As long as its record is kept. */
  readonly job: { readonly jobId: string; readonly status: JobStatus } | null;
}

export interface ScheduleSpec {
  readonly cron: string | null;
  readonly everySeconds: number | null;
  readonly timeZone: string;
  readonly jitterSeconds: number;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
}

/** Times are RFC 3339, in UTC. */
export interface Schedule {
  readonly scheduleId: string;
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly type: string;
  readonly params: unknown;
  readonly priority: JobPriority;
  /** The priority of its jobs. */
  readonly tags: readonly string[];
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly isPaused: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The next five. */
  readonly nextRuns: readonly string[];
  readonly lastTick: ScheduleTick | null;
  /** Why the job of the last refused tick was refused. */
  readonly problem: string | null;
}

interface ScheduleTimes {
  /** Default: UTC. */
  readonly timeZone?: string | undefined;
  /** 0 to 900. Default: 0. */
  readonly jitterSeconds?: number | undefined;
}

interface ScheduleJob<Name extends string, Params> {
  readonly type: Name;
  readonly params?: Params | undefined;
  readonly priority?: JobPriority | undefined;
  /** At most five. */
  readonly tags?: readonly string[] | undefined;
}

interface SchedulePolicies {
  /** Default: SKIP. */
  readonly overlap?: OverlapPolicy | undefined;
  /** Default: ONCE. */
  readonly catchUp?: CatchUpPolicy | undefined;
}

/** Either a cron expression or an interval. */
type ScheduleWhen =
  | { readonly cron: string; readonly everySeconds?: undefined }
  | { readonly everySeconds: number; readonly cron?: undefined };

export type CreateScheduleInput<Name extends string = string, Params = unknown> = ScheduleJob<Name, Params> &
  ScheduleTimes &
  SchedulePolicies &
  ScheduleWhen & {
    /** Unique among those of its owner. */
    readonly name: string;
    readonly startsAt?: string | undefined;
    readonly endsAt?: string | undefined;
  };

/** A field that is left out is unchanged; a start or an end of `null` is removed. */
export type UpdateScheduleInput<Name extends string = string, Params = unknown> = Partial<ScheduleJob<Name, Params>> &
  ScheduleTimes &
  SchedulePolicies &
  (ScheduleWhen | { readonly cron?: undefined; readonly everySeconds?: undefined }) & {
    readonly startsAt?: string | null | undefined;
    readonly endsAt?: string | null | undefined;
  };

const scheduleFields = `scheduleId name type params priority tags overlap catchUp isPaused createdAt updatedAt nextRuns problem
  spec { cron everySeconds timeZone jitterSeconds startsAt endsAt } lastTick { at outcome job { jobId status } }`;

const change = (name: string): string => {
  const operation = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ${operation}($input: ${operation}Input!) { payload: ${name}(input: $input) { schedule { ${scheduleFields} } } }`;
};

export const scheduleDocuments = {
  createSchedule: change('createSchedule'),
  updateSchedule: change('updateSchedule'),
  deleteSchedule: change('deleteSchedule'),
  pauseSchedule: change('pauseSchedule'),
  resumeSchedule: change('resumeSchedule'),
  triggerSchedule: `mutation TriggerSchedule($scheduleId: ID!) { payload: triggerSchedule(input: { scheduleId: $scheduleId }) { job { ${jobFields} } } }`,
  schedule: `query Schedule($scheduleId: ID!) { answer: schedule(scheduleId: $scheduleId) { ${scheduleFields} } }`,
  schedules: `query Schedules($owner: String, $first: Int, $after: String) { list: schedules(owner: $owner, first: $first, after: $after) {
    edges { node { ${scheduleFields} } } pageInfo { hasNextPage endCursor } } }`,
};

/** Not repeated when its answer is lost: the schedule itself shows whether it took effect. */
export async function changeSchedule(
  connection: Connection,
  name: 'createSchedule' | 'updateSchedule' | 'deleteSchedule' | 'pauseSchedule' | 'resumeSchedule',
  input: object,
  signal: AbortSignal | undefined,
): Promise<Schedule> {
  const operation = { query: scheduleDocuments[name], variables: { input } };
  return (await connection.request<{ payload: { schedule: Schedule } }>(operation, { signal, isRepeatable: false })).payload.schedule;
}

export interface ListSchedulesOptions {
  /** The owner of the schedules; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** By their names. */
export function listSchedules(connection: Connection, { owner, signal }: ListSchedulesOptions = {}): AsyncGenerator<Schedule, void, void> {
  return listNodes(connection, { query: scheduleDocuments.schedules, variables: { owner, first: 20 }, signal });
}
