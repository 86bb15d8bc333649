/** What can be paused, as clients read it, and the inputs and results of `pauseJobType`, `pauseQueue` and their opposites. */
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

/** Only operators may pause and resume: admins, and everybody on an open server for development. @throws {JobError} `FORBIDDEN`. */
export function requireOperator({ mayOperate }: Pick<ApiContext, 'mayOperate'>): void {
  if (!mayOperate) throw new JobError('FORBIDDEN', { message: 'This needs the scope `admin`.' });
}

/** @throws {JobError} `UNKNOWN_JOB_TYPE`. */
export function knownType({ core }: Pick<ApiContext, 'core'>, name: string): JobType {
  const type = core.jobTypes.find(name);
  if (type === undefined) throw new JobError('UNKNOWN_JOB_TYPE', { path: ['type'] });
  return type;
}

/** Counted up to this number. */
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
  isPaused: 'Whether it is paused: its jobs wait instead of starting.',
  pausedReason: 'Why, if a reason was given.',
  pausedUntil: 'When the pause ends by itself, if it does.',
  pausedSince: 'When the pause began.',
  pausedBy: 'Who paused it last; null for callers who may not operate the system (scope `admin`).',
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
  description: 'The queue of the jobs of one priority.',
  fields: (t) => ({
    priority: t.expose('priority', { type: JobPriorityType, description: 'The priority of its jobs.' }),
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

const reasonField = { description: `The reason, for people, at most ${maxReasonLength} characters.` };
const untilField = { type: 'DateTime', description: 'When the pause ends by itself; if left out, when it is resumed.' } as const;

export const PauseJobTypeInputType = builder.inputType('PauseJobTypeInput', {
  description: 'The job type to pause.',
  fields: (t) => ({
    type: t.string({ required: true, description: 'Its name; see `jobTypes`.' }),
    reason: t.string(reasonField),
    until: t.field(untilField),
  }),
});

export const PauseQueueInputType = builder.inputType('PauseQueueInput', {
  description: 'The queue to pause.',
  fields: (t) => ({
    priority: t.field({ type: JobPriorityType, required: true, description: 'The priority of its jobs.' }),
    reason: t.string(reasonField),
    until: t.field(untilField),
  }),
});

export const ResumeJobTypeInputType = builder.inputType('ResumeJobTypeInput', {
  description: 'The job type to resume.',
  fields: (t) => ({ type: t.string({ required: true, description: 'Its name; see `jobTypes`.' }) }),
});

export const ResumeQueueInputType = builder.inputType('ResumeQueueInput', {
  description: 'The queue to resume.',
  fields: (t) => ({ priority: t.field({ type: JobPriorityType, required: true, description: 'The priority of its jobs.' }) }),
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

export const PauseJobTypePayloadType = jobTypePayload('PauseJobTypePayload', 'The result of `pauseJobType`.');
export const ResumeJobTypePayloadType = jobTypePayload('ResumeJobTypePayload', 'The result of `resumeJobType`.');
export const PauseQueuePayloadType = queuePayload('PauseQueuePayload', 'The result of `pauseQueue`.');
export const ResumeQueuePayloadType = queuePayload('ResumeQueuePayload', 'The result of `resumeQueue`.');
