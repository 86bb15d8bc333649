/** The queries of schedules. */
import { defaultSchedulesPage, listSchedules, maxSchedulesPage } from '../core/usecases/listSchedules.ts';
import { getSchedule } from '../core/usecases/schedules.ts';
import { builder } from './builder.ts';
import { ownerMeant } from './context.ts';
import { ScheduleConnectionType, ScheduleType } from './schedule.ts';

builder.queryFields((t) => ({
  schedule: t.field({
    type: ScheduleType,
    nullable: true,
    description: 'One schedule. SCHEDULE_NOT_FOUND if it does not exist or is someone else’s.',
    args: { scheduleId: t.arg.id({ required: true, description: 'Which.' }) },
    resolve: async (_root, { scheduleId }, { core, owner, isAdmin }) => (await getSchedule(core, { owner, isAdmin, scheduleId })).value,
  }),
  schedules: t.field({
    type: ScheduleConnectionType,
    description: 'The caller’s schedules by their names, as a Relay connection. A new schedule appears in it a moment after its creation.',
    args: {
      first: t.arg.int({ description: `Page size, 0 to ${maxSchedulesPage}; ${defaultSchedulesPage} if it is not given.` }),
      after: t.arg.string({ description: 'Only schedules after the one at this cursor.' }),
      owner: t.arg.string({
        description: 'The owner of the schedules; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.',
      }),
    },
    complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first ?? defaultSchedulesPage, 0), maxSchedulesPage) }),
    resolve: (_root, { first, after, owner }, context) =>
      listSchedules(context.core, { owner: ownerMeant(context, owner), first: first ?? defaultSchedulesPage, after: after ?? undefined }),
  }),
}));
