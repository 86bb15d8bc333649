/** The mutations of schedules, for the schedule's owner and for admins. */
import { deleteSchedule, pauseSchedule, resumeSchedule, updateSchedule } from '../core/usecases/changeSchedule.ts';
import { createSchedule, triggerSchedule } from '../core/usecases/createSchedule.ts';
import { builder } from './builder.ts';
import {
  createScheduleRequest,
  CreateScheduleInputType,
  CreateSchedulePayloadType,
  DeleteScheduleInputType,
  DeleteSchedulePayloadType,
  PauseScheduleInputType,
  PauseSchedulePayloadType,
  ResumeScheduleInputType,
  ResumeSchedulePayloadType,
  scheduleChange,
  TriggerScheduleInputType,
  TriggerSchedulePayloadType,
  UpdateScheduleInputType,
  UpdateSchedulePayloadType,
} from './scheduleInput.ts';

const which = { required: true, description: 'Which schedule.' } as const;

builder.mutationFields((t) => ({
  createSchedule: t.field({
    type: CreateSchedulePayloadType,
    description:
      'Creates a schedule: one job at each of its times from now on. SCHEDULE_NAME_TAKEN if the caller has a schedule of that name.',
    args: { input: t.arg({ type: CreateScheduleInputType, required: true, description: 'The schedule.' }) },
    resolve: async (_root, { input }, context) => {
      await context.spend('jobs', 1);
      return { schedule: await createSchedule(context.core, createScheduleRequest(input, context)) };
    },
  }),
  updateSchedule: t.field({
    type: UpdateSchedulePayloadType,
    description: 'Changes a schedule: after the answer, every tick follows the new definition.',
    args: { input: t.arg({ type: UpdateScheduleInputType, required: true, description: 'The schedule, and the changes.' }) },
    resolve: async (_root, { input }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      const { scheduleId } = input;
      return { schedule: await updateSchedule(core, { owner, isAdmin, scheduleId }, scheduleChange(input)) };
    },
  }),
  deleteSchedule: t.field({
    type: DeleteSchedulePayloadType,
    description: 'Deletes a schedule; the jobs that it made stay. After the answer, no tick comes.',
    args: { input: t.arg({ type: DeleteScheduleInputType, ...which }) },
    resolve: async (_root, { input: { scheduleId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { schedule: await deleteSchedule(core, { owner, isAdmin, scheduleId }) };
    },
  }),
  pauseSchedule: t.field({
    type: PauseSchedulePayloadType,
    description: 'Makes a schedule skip its ticks until it is resumed.',
    args: { input: t.arg({ type: PauseScheduleInputType, ...which }) },
    resolve: async (_root, { input: { scheduleId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { schedule: await pauseSchedule(core, { owner, isAdmin, scheduleId }) };
    },
  }),
  resumeSchedule: t.field({
    type: ResumeSchedulePayloadType,
    description: 'Makes a paused schedule continue with its next tick.',
    args: { input: t.arg({ type: ResumeScheduleInputType, ...which }) },
    resolve: async (_root, { input: { scheduleId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { schedule: await resumeSchedule(core, { owner, isAdmin, scheduleId }) };
    },
  }),
  triggerSchedule: t.field({
    type: TriggerSchedulePayloadType,
    description: 'Makes a job of a schedule now, in addition to its ticks: also while it is paused, or its last job has not ended.',
    args: { input: t.arg({ type: TriggerScheduleInputType, ...which }) },
    resolve: async (_root, { input: { scheduleId } }, { core, owner, isAdmin, traceId, spend }) => {
      await spend('jobs', 1);
      return { job: await triggerSchedule(core, { owner, isAdmin, scheduleId, traceId }) };
    },
  }),
}));
