/** The inputs and results of the mutations of schedules. */
import { maxTags, type Job } from '../core/job.ts';
import { maxJitterSeconds, type Schedule } from '../core/schedule/schedule.ts';
import type { ScheduleChange } from '../core/usecases/changeSchedule.ts';
import { maxScheduleNameLength, type CreateScheduleRequest } from '../core/usecases/createSchedule.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';
import { JobPriorityType, JobType } from './job.ts';
import { checkedJson } from './scalars.ts';
import { CatchUpPolicyType, OverlapPolicyType, ScheduleType } from './schedule.ts';

const said = {
  cron: 'A cron expression of 5 fields, or of 6 with seconds first; or `@daily` and the like. Exclusive with `everySeconds`.',
  everySeconds: 'An interval, counted from `startsAt` or else from its creation. Exclusive with `cron`.',
  timeZone: 'A time zone of the IANA database, such as `Europe/Berlin`.',
  type: 'The type of its jobs; see `jobTypes`.',
  params: 'The params of its jobs, as described by the type’s `paramsSchema`. They are checked now, and again at each tick.',
  priority: 'The priority of its jobs.',
  tags: `The tags of its jobs, at most ${maxTags}; see \`CreateJobInput.tags\`.`,
  overlap: 'What happens at a tick while the last one’s job has not ended.',
  catchUp: 'What happens to ticks that were not carried out in time.',
  jitterSeconds: `A tick comes later than its time by up to so many seconds, always by the same amount; 0 to ${maxJitterSeconds}.`,
  startsAt: 'No tick comes before this time.',
  endsAt: 'No tick comes after this time.',
};

export const CreateScheduleInputType = builder.inputType('CreateScheduleInput', {
  description: 'A schedule to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: `Unique among the caller’s schedules; 1 to ${maxScheduleNameLength} characters.` }),
    cron: t.string({ description: said.cron }),
    everySeconds: t.int({ description: said.everySeconds }),
    timeZone: t.string({ defaultValue: 'UTC', description: said.timeZone }),
    type: t.string({ required: true, description: said.type }),
    params: t.field({ type: 'JSON', description: said.params }),
    priority: t.field({ type: JobPriorityType, defaultValue: 'NORMAL', description: said.priority }),
    tags: t.stringList({ description: said.tags }),
    overlap: t.field({ type: OverlapPolicyType, defaultValue: 'SKIP', description: said.overlap }),
    catchUp: t.field({ type: CatchUpPolicyType, defaultValue: 'ONCE', description: said.catchUp }),
    jitterSeconds: t.int({ defaultValue: 0, description: said.jitterSeconds }),
    startsAt: t.field({ type: 'DateTime', description: said.startsAt }),
    endsAt: t.field({ type: 'DateTime', description: said.endsAt }),
  }),
});

export const UpdateScheduleInputType = builder.inputType('UpdateScheduleInput', {
  description: 'The changes to a schedule; a field that is left out is unchanged.',
  fields: (t) => ({
    scheduleId: t.id({ required: true, description: 'Which.' }),
    cron: t.string({ description: said.cron }),
    everySeconds: t.int({ description: said.everySeconds }),
    timeZone: t.string({ description: said.timeZone }),
    type: t.string({ description: said.type }),
    params: t.field({ type: 'JSON', description: said.params }),
    priority: t.field({ type: JobPriorityType, description: said.priority }),
    tags: t.stringList({ description: `${said.tags} An empty list removes them.` }),
    overlap: t.field({ type: OverlapPolicyType, description: said.overlap }),
    catchUp: t.field({ type: CatchUpPolicyType, description: said.catchUp }),
    jitterSeconds: t.int({ description: said.jitterSeconds }),
    startsAt: t.field({ type: 'DateTime', description: `${said.startsAt} Null removes it.` }),
    endsAt: t.field({ type: 'DateTime', description: `${said.endsAt} Null removes it.` }),
  }),
});

const whichSchedule = (name: string, description: string) =>
  builder.inputType(name, { description, fields: (t) => ({ scheduleId: t.id({ required: true, description: 'Which.' }) }) });

export const DeleteScheduleInputType = whichSchedule('DeleteScheduleInput', 'The schedule to delete.');
export const PauseScheduleInputType = whichSchedule('PauseScheduleInput', 'The schedule to pause.');
export const ResumeScheduleInputType = whichSchedule('ResumeScheduleInput', 'The schedule to resume.');
export const TriggerScheduleInputType = whichSchedule('TriggerScheduleInput', 'The schedule to trigger.');

/** @throws {JobError} `BAD_USER_INPUT` for params that are not JSON. */
export function createScheduleRequest(
  input: typeof CreateScheduleInputType.$inferInput,
  { owner, traceId }: Pick<ApiContext, 'owner' | 'traceId'>,
): CreateScheduleRequest {
  return {
    owner,
    traceId,
    name: input.name,
    cron: input.cron ?? undefined,
    everySeconds: input.everySeconds ?? undefined,
    timeZone: input.timeZone ?? 'UTC',
    type: input.type,
    params: paramsIn(input.params),
    priority: input.priority ?? 'NORMAL',
    tags: input.tags ?? undefined,
    overlap: input.overlap ?? 'SKIP',
    catchUp: input.catchUp ?? 'ONCE',
    jitterSeconds: input.jitterSeconds ?? 0,
    startsAt: input.startsAt ?? undefined,
    endsAt: input.endsAt ?? undefined,
  };
}

/** @throws {JobError} `BAD_USER_INPUT` for params that are not JSON. */
export function scheduleChange(input: typeof UpdateScheduleInputType.$inferInput): ScheduleChange {
  return {
    cron: input.cron ?? undefined,
    everySeconds: input.everySeconds ?? undefined,
    timeZone: input.timeZone ?? undefined,
    type: input.type ?? undefined,
    params: paramsIn(input.params),
    priority: input.priority ?? undefined,
    tags: input.tags ?? undefined,
    overlap: input.overlap ?? undefined,
    catchUp: input.catchUp ?? undefined,
    jitterSeconds: input.jitterSeconds ?? undefined,
    startsAt: input.startsAt,
    endsAt: input.endsAt,
  };
}

const paramsIn = (params: unknown) => (params === undefined || params === null ? undefined : checkedJson(params, ['params']));

const schedulePayload = (name: string, description: string, said: string) =>
  builder.objectRef<{ readonly schedule: Schedule }>(name).implement({
    description,
    fields: (t) => ({ schedule: t.expose('schedule', { type: ScheduleType, description: said }) }),
  });

const asItIs = 'The schedule, as it is now.';
export const CreateSchedulePayloadType = schedulePayload('CreateSchedulePayload', 'The result of `createSchedule`.', asItIs);
export const UpdateSchedulePayloadType = schedulePayload('UpdateSchedulePayload', 'The result of `updateSchedule`.', asItIs);
export const DeleteSchedulePayloadType = schedulePayload('DeleteSchedulePayload', 'What became of a schedule to delete.', 'As it was.');
export const PauseSchedulePayloadType = schedulePayload('PauseSchedulePayload', 'The result of `pauseSchedule`.', asItIs);
export const ResumeSchedulePayloadType = schedulePayload('ResumeSchedulePayload', 'The result of `resumeSchedule`.', asItIs);

export const TriggerSchedulePayloadType = builder.objectRef<{ readonly job: Job }>('TriggerSchedulePayload').implement({
  description: 'The result of `triggerSchedule`.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job that it made.' }) }),
});
