/** The mutations of operators that pause and resume. */
import { pauseWork, resumeWork } from '../core/usecases/pauseWork.ts';
import { builder } from './builder.ts';
import {
  knownType,
  PauseJobTypeInputType,
  PauseJobTypePayloadType,
  PauseQueueInputType,
  PauseQueuePayloadType,
  requireOperator,
  ResumeJobTypeInputType,
  ResumeJobTypePayloadType,
  ResumeQueueInputType,
  ResumeQueuePayloadType,
} from './pause.ts';

const goesOn =
  'Jobs can still be created, running jobs end, and none starts later than 5 seconds after the answer. Needs the scope `admin`.';
const sent = 'Waiting jobs are sent again, in order. Needs the scope `admin`.';

builder.mutationFields((t) => ({
  pauseJobType: t.field({
    type: PauseJobTypePayloadType,
    description: `Keeps jobs of a type from starting, or changes the reason and the end of an existing pause. ${goesOn}`,
    args: { input: t.arg({ type: PauseJobTypeInputType, required: true, description: 'The type, the reason, and the end.' }) },
    resolve: async (_root, { input: { type, reason, until } }, context) => {
      await context.spend('jobs', 1);
      requireOperator(context);
      const jobType = knownType(context, type);
      await pauseWork(context.core, { type }, { reason: reason ?? undefined, until: until ?? undefined, by: context.owner });
      return { jobType };
    },
  }),
  resumeJobType: t.field({
    type: ResumeJobTypePayloadType,
    description: `Lets jobs of a type start again. ${sent}`,
    args: { input: t.arg({ type: ResumeJobTypeInputType, required: true, description: 'Which type.' }) },
    resolve: async (_root, { input: { type } }, context) => {
      await context.spend('jobs', 1);
      requireOperator(context);
      const jobType = knownType(context, type);
      await resumeWork(context.core, { type });
      return { jobType };
    },
  }),
  pauseQueue: t.field({
    type: PauseQueuePayloadType,
    description: `Keeps jobs of a priority from starting, or changes the reason and the end of an existing pause. ${goesOn}`,
    args: { input: t.arg({ type: PauseQueueInputType, required: true, description: 'The queue, the reason, and the end.' }) },
    resolve: async (_root, { input: { priority, reason, until } }, context) => {
      await context.spend('jobs', 1);
      requireOperator(context);
      await pauseWork(context.core, { priority }, { reason: reason ?? undefined, until: until ?? undefined, by: context.owner });
      return { queue: { priority } };
    },
  }),
  resumeQueue: t.field({
    type: ResumeQueuePayloadType,
    description: `Lets jobs of a priority start again. ${sent}`,
    args: { input: t.arg({ type: ResumeQueueInputType, required: true, description: 'Which queue.' }) },
    resolve: async (_root, { input: { priority } }, context) => {
      await context.spend('jobs', 1);
      requireOperator(context);
      await resumeWork(context.core, { priority });
      return { queue: { priority } };
    },
  }),
}));
