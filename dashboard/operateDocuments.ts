/** The documents of operators' pages for the API. */
import type { JobPriority, JobStatus } from '../client/job.ts';
import type { Schedule as ClientSchedule, TickOutcome } from '../client/schedules.ts';

/** Whether something is paused, with the details. */
export interface PauseState {
  readonly isPaused: boolean;
  readonly pausedReason: string | null;
  readonly pausedUntil: string | null;
  readonly pausedSince: string | null;
  /** For operators only. */
  readonly pausedBy: string | null;
  /** The number of waiting jobs, up to a thousand. */
  readonly waiting: number;
}

export interface TypeLimits {
  readonly perKey: number | null;
  readonly total: number | null;
  readonly rate: { readonly starts: number; readonly seconds: number; readonly burst: number } | null;
}

export interface OperatedType extends PauseState {
  readonly name: string;
  readonly description: string;
  readonly hasWorker: boolean;
  /** Null where no limit counts them. */
  readonly running: number | null;
  readonly limits: TypeLimits;
  readonly policy: { readonly timeoutSeconds: number };
}

export interface OperatedQueue extends PauseState {
  readonly priority: JobPriority;
}

export interface LiveWorker {
  readonly id: string;
  readonly version: string | null;
  readonly types: readonly string[];
  readonly slots: number;
  readonly running: number;
  readonly since: string;
}

/** Newest first. */
export type Tick = {
  readonly at: string;
  readonly outcome: TickOutcome;
  readonly job: { readonly jobId: string; readonly status: JobStatus } | null;
};

export interface OperatedSchedule extends ClientSchedule {
  readonly owner: string;
  readonly ticks: readonly Tick[];
}

const pause = 'isPaused pausedReason pausedUntil pausedSince pausedBy waiting';
const schedule = `scheduleId owner name type params priority overlap catchUp isPaused createdAt updatedAt nextRuns(first: 3) problem
  spec { cron everySeconds timeZone jitterSeconds startsAt endsAt } lastTick { at outcome } ticks(first: 8) { at outcome job { jobId status } }`;

export const operateDocuments = {
  jobTypes: `query OperatedTypes { jobTypes { name description hasWorker running ${pause}
    limits { perKey total rate { starts seconds burst } } policy { timeoutSeconds } } }`,
  queues: `query OperatedQueues { queues { priority ${pause} } }`,
  workers: 'query LiveWorkers { workers { id version types slots running since } }',
  schedules: `query OperatedSchedules($owner: String, $after: String) {
    schedules(owner: $owner, first: 10, after: $after) { edges { node { ${schedule} } } pageInfo { hasNextPage endCursor } }
  }`,
  pauseJobType: 'mutation PauseJobType($input: PauseJobTypeInput!) { pauseJobType(input: $input) { jobType { name } } }',
  resumeJobType: 'mutation ResumeJobType($input: ResumeJobTypeInput!) { resumeJobType(input: $input) { jobType { name } } }',
  pauseQueue: 'mutation PauseQueue($input: PauseQueueInput!) { pauseQueue(input: $input) { queue { priority } } }',
  resumeQueue: 'mutation ResumeQueue($input: ResumeQueueInput!) { resumeQueue(input: $input) { queue { priority } } }',
  updateLimits: `mutation UpdateLimits($input: UpdateJobTypeLimitsInput!) { updateJobTypeLimits(input: $input) { jobType { name } } }`,
  createSchedule: 'mutation CreateSchedule($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { scheduleId } } }',
  updateSchedule: 'mutation UpdateSchedule($input: UpdateScheduleInput!) { updateSchedule(input: $input) { schedule { scheduleId } } }',
  deleteSchedule: 'mutation DeleteSchedule($input: DeleteScheduleInput!) { deleteSchedule(input: $input) { schedule { scheduleId } } }',
  pauseSchedule: 'mutation PauseSchedule($input: PauseScheduleInput!) { pauseSchedule(input: $input) { schedule { scheduleId } } }',
  resumeSchedule: 'mutation ResumeSchedule($input: ResumeScheduleInput!) { resumeSchedule(input: $input) { schedule { scheduleId } } }',
  triggerSchedule: 'mutation TriggerSchedule($input: TriggerScheduleInput!) { triggerSchedule(input: $input) { job { jobId } } }',
};

/** Mutations with one input each. */
export type OperateMutation = Exclude<keyof typeof operateDocuments, 'jobTypes' | 'queues' | 'workers' | 'schedules'>;

export interface OperateAnswers {
  readonly jobTypes: { readonly jobTypes: readonly OperatedType[] };
  readonly queues: { readonly queues: readonly OperatedQueue[] };
  readonly workers: { readonly workers: readonly LiveWorker[] };
  readonly schedules: {
    readonly schedules: {
      readonly edges: readonly { readonly node: OperatedSchedule }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  };
}
