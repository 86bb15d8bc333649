/** What can be paused, as clients read it, and the inputs and answers of `pauseJobType`, `pauseQueue` and their opposites. */
import { JobError } from '../core/errors.ts';
import type { JobPriority } from '../core/job.ts';
import type { JobType } from '../core/jobType.ts';
import { under, waitRank } from '../core/place.ts';
import { limitRanges } from '../core/typeLimits.ts';
import { pauseKey, pauseOf, readPauses, type Pausable, type Pause } from '../core/usecases/pauses.ts';
import { maxReasonLength } from '../core/usecases/pauseWork.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';
import { JobPriorityType } from './job.ts';
import { JobTypeType } from './jobTypeInfo.ts';

/** Who may pause and resume: admins, and everybody where a developer's server is open. @throws {JobError} `FORBIDDEN`. */
export function requireOperator({ mayOperate }: Pick<ApiContext, 'mayOperate'>): void {
  if (!mayOperate) throw new JobError('FORBIDDEN', { message: 'The scope `admin` is needed for that.' });
}

/** @throws {JobError} `UNKNOWN_JOB_TYPE`. */
export function knownType({ core }: Pick<ApiContext, 'core'>, name: string): JobType {
  const type = core.jobTypes.find(name);
  if (type === undefined) throw new JobError('UNKNOWN_JOB_TYPE', { path: ['type'] });
  return type;
}

/** Counted up to this. */
const mostCounted = 1000;

async function shownPause({ core }: Pick<ApiContext, 'core'>, what: Pausable): Promise<Pause | undefined> {
  return pauseOf(await readPauses(core), what, await core.table.time());
}

function pauserOf({ mayOperate }: Pick<ApiContext, 'mayOperate'>, pause: Pause | undefined): string | undefined {
  return mayOperate ? pause?.by : undefined;
}

async function waitingFor({ core }: Pick<ApiContext, 'core'>, what: Pausable): Promise<number> {
  const paused = { place: 'paused', ...under(waitRank(pauseKey(what))) } as const;
  const limited = 'type' in what ? limitRanges(what.type).map((range) => ({ place: 'limit', ...range }) as const) : [];
  const pages = await Promise.all([paused, ...limited].map((range) => core.table.listPlaced({ ...range, limit: mostCounted })));
  return Math.min(
    mostCounted,
    pages.reduce((sum, { jobs }) => sum + jobs.length, 0),
  );
}

const said = {
  isPaused: 'Whether jobs of it that would start are kept waiting.',
  pausedReason: 'Why, if a reason was given.',
  pausedUntil: 'When the pause ends by itself, if it does.',
  pausedSince: 'When the pause began.',
  pausedBy: 'Who paused it last; null to those who may not operate the system (scope `admin`).',
  waiting: `Jobs that wait for a pause to end, or for a limit of their type; ${mostCounted} where there are as many or more.`,
};

builder.objectFields(JobTypeType, (t) => ({
  isPaused: t.boolean({
    description: said.isPaused,
    resolve: async ({ name }, _, context) => (await shownPause(context, { type: name })) !== undefined,
  }),
  pausedReason: t.string({
    nullable: true,
    description: said.pausedReason,
    resolve: async ({ name }, _, context) => (await shownPause(context, { type: name }))?.reason,
  }),
  pausedUntil: t.field({
    type: 'DateTime',
    nullable: true,
    description: said.pausedUntil,
    resolve: async ({ name }, _, context) => (await shownPause(context, { type: name }))?.until,
  }),
  pausedSince: t.field({
    type: 'DateTime',
    nullable: true,
    description: said.pausedSince,
    resolve: async ({ name }, _, context) => (await shownPause(context, { type: name }))?.since,
  }),
  pausedBy: t.string({
    nullable: true,
    description: said.pausedBy,
    resolve: async ({ name }, _, context) => pauserOf(context, await shownPause(context, { type: name })),
  }),
  waiting: t.int({ complexity: 10, description: said.waiting, resolve: ({ name }, _, context) => waitingFor(context, { type: name }) }),
}));

export interface JobQueueInfo {
  readonly priority: JobPriority;
}

export const JobQueueType = builder.objectRef<JobQueueInfo>('JobQueue').implement({
  description: 'Where the jobs of one priority wait.',
  fields: (t) => ({
    priority: t.expose('priority', { type: JobPriorityType, description: 'Of its jobs.' }),
    isPaused: t.boolean({
      description: said.isPaused,
      resolve: async ({ priority }, _, context) => (await shownPause(context, { priority })) !== undefined,
    }),
    pausedReason: t.string({
      nullable: true,
      description: said.pausedReason,
      resolve: async ({ priority }, _, context) => (await shownPause(context, { priority }))?.reason,
    }),
    pausedUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: said.pausedUntil,
      resolve: async ({ priority }, _, context) => (await shownPause(context, { priority }))?.until,
    }),
    pausedSince: t.field({
      type: 'DateTime',
      nullable: true,
      description: said.pausedSince,
      resolve: async ({ priority }, _, context) => (await shownPause(context, { priority }))?.since,
    }),
    pausedBy: t.string({
      nullable: true,
      description: said.pausedBy,
      resolve: async ({ priority }, _, context) => pauserOf(context, await shownPause(context, { priority })),
    }),
    waiting: t.int({ complexity: 10, description: said.waiting, resolve: ({ priority }, _, context) => waitingFor(context, { priority }) }),
  }),
});

const reasonField = { description: `For people, at most ${maxReasonLength} characters.` };
const untilField = { type: 'DateTime', description: 'When it ends by itself; left out: when it is resumed.' } as const;

export const PauseJobTypeInputType = builder.inputType('PauseJobTypeInput', {
  description: 'Which job type to pause.',
  fields: (t) => ({
    type: t.string({ required: true, description: 'Its name; see `jobTypes`.' }),
    reason: t.string(reasonField),
    until: t.field(untilField),
  }),
});

export const PauseQueueInputType = builder.inputType('PauseQueueInput', {
  description: 'Which queue to pause.',
  fields: (t) => ({
    priority: t.field({ type: JobPriorityType, required: true, description: 'Of its jobs.' }),
    reason: t.string(reasonField),
    until: t.field(untilField),
  }),
});

export const ResumeJobTypeInputType = builder.inputType('ResumeJobTypeInput', {
  description: 'Which job type to resume.',
  fields: (t) => ({ type: t.string({ required: true, description: 'Its name; see `jobTypes`.' }) }),
});

export const ResumeQueueInputType = builder.inputType('ResumeQueueInput', {
  description: 'Which queue to resume.',
  fields: (t) => ({ priority: t.field({ type: JobPriorityType, required: true, description: 'Of its jobs.' }) }),
});

const jobTypePayload = (name: string, description: string) =>
  builder.objectRef<{ readonly jobType: JobType }>(name).implement({
    description,
    fields: (t) => ({ jobType: t.expose('jobType', { type: JobTypeType, description: 'The type, as it is now.' }) }),
  });

const queuePayload = (name: string, description: string) =>
  builder.objectRef<{ readonly queue: JobQueueInfo }>(name).implement({
    description,
    fields: (t) => ({ queue: t.expose('queue', { type: JobQueueType, description: 'The queue, as it is now.' }) }),
  });

export const PauseJobTypePayloadType = jobTypePayload('PauseJobTypePayload', 'What became of a job type that was to be paused.');
export const ResumeJobTypePayloadType = jobTypePayload('ResumeJobTypePayload', 'What became of a job type that was to be resumed.');
export const PauseQueuePayloadType = queuePayload('PauseQueuePayload', 'What became of a queue that was to be paused.');
export const ResumeQueuePayloadType = queuePayload('ResumeQueuePayload', 'What became of a queue that was to be resumed.');
