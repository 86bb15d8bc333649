/** The queries. */
import { jobPriorities } from '../core/job.ts';
import { countJobs, defaultPageSize, listJobs, maxPageSize } from '../core/usecases/listJobs.ts';
import { getJob, getJobByIdempotencyKey } from '../core/usecases/readJob.ts';
import { maxWaitSeconds, waitForJob } from '../core/usecases/waitForJob.ts';
import { builder } from './builder.ts';
import { JobConnectionType, JobCountType, jobsFilterOf, JobsFilterType } from './connection.ts';
import { ownerMeant, ownersMeant } from './context.ts';
import { JobType } from './job.ts';
import { JobTypeType } from './jobTypeInfo.ts';
import { JobQueueType } from './pause.ts';

const ownerArgument = 'The owner of the jobs; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.';

const allOwnersArgument =
  'Jobs of all owners, of those that are FAILED, FAILED_FINAL or CANCELLED: name these in `filter.status`. Needs the scope `admin`: else FORBIDDEN.';

/** A page costs as much as the most jobs that it may have. A size that is out of range is refused when the list is read. */
const pageCost = (size: number) => ({ field: 1, multiplier: Math.min(Math.max(size, 0), maxPageSize) });

builder.queryType({
  description: 'Reads the caller’s own jobs; an admin’s token can read everybody’s.',
  fields: (t) => ({
    job: t.field({
      type: JobType,
      nullable: true,
      description: 'One job. JOB_NOT_FOUND if it does not exist or is someone else’s.',
      args: { jobId: t.arg.id({ required: true, description: 'The ticket.' }) },
      resolve: (_root, { jobId }, { core, owner, isAdmin }) => getJob(core, { owner, isAdmin, jobId }),
    }),
    jobs: t.field({
      type: JobConnectionType,
      description: 'The caller’s jobs, newest first, as a Relay connection. A new job appears in it a moment after its creation.',
      args: {
        filter: t.arg({ type: JobsFilterType, description: 'Which jobs to list.' }),
        first: t.arg.int({ description: 'Page size towards older jobs, 0 to 100; 20 if neither `first` nor `last` is given.' }),
        after: t.arg.string({ description: 'Only jobs older than the one at this cursor.' }),
        last: t.arg.int({ description: 'Page size towards newer jobs, 0 to 100.' }),
        before: t.arg.string({ description: 'Only jobs newer than the one at this cursor.' }),
        owner: t.arg.string({ description: ownerArgument }),
        allOwners: t.arg.boolean({ defaultValue: false, description: allOwnersArgument }),
      },
      complexity: ({ first, last }) => pageCost(first ?? last ?? defaultPageSize),
      resolve: (_root, { filter, first, after, last, before, ...whose }, context) =>
        listJobs(context.core, {
          owner: ownersMeant(context, whose),
          filter: jobsFilterOf(filter),
          first: first ?? undefined,
          after: after ?? undefined,
          last: last ?? undefined,
          before: before ?? undefined,
          signal: context.signal,
        }),
    }),
    jobCount: t.field({
      type: JobCountType,
      description: 'How many jobs match, up to 10,000.',
      args: {
        filter: t.arg({ type: JobsFilterType, required: true, description: 'Which jobs to count.' }),
        owner: t.arg.string({ description: ownerArgument }),
        allOwners: t.arg.boolean({ defaultValue: false, description: allOwnersArgument }),
      },
      // Costs as much as a full page.
      complexity: maxPageSize,
      resolve: (_root, { filter, ...whose }, context) =>
        countJobs(context.core, { owner: ownersMeant(context, whose), filter: jobsFilterOf(filter), signal: context.signal }),
    }),
    jobTypes: t.field({
      type: [JobTypeType],
      description: 'The job types that can be handed in.',
      resolve: (_root, _arguments, { core }) => [...core.jobTypes.all],
    }),
    queues: t.field({
      type: [JobQueueType],
      description: 'The queues, one per priority, highest first.',
      resolve: () => jobPriorities.map((priority) => ({ priority })),
    }),
    jobByIdempotencyKey: t.field({
      type: JobType,
      nullable: true,
      description: 'The job that was created with this key, while the key is remembered; else null.',
      args: {
        idempotencyKey: t.arg.string({ required: true, description: 'The key; each owner has their own.' }),
        owner: t.arg.string({ description: ownerArgument }),
      },
      resolve: async (_root, { idempotencyKey, owner }, context) =>
        (await getJobByIdempotencyKey(context.core, { owner: ownerMeant(context, owner), idempotencyKey })) ?? null,
    }),
    waitForJob: t.field({
      type: JobType,
      description: 'Returns the job as soon as it is final, or in its present state after `timeoutSeconds`.',
      args: {
        jobId: t.arg.id({ required: true, description: 'The ticket.' }),
        timeoutSeconds: t.arg.int({ defaultValue: 30, description: `The longest wait, 0 to ${maxWaitSeconds}.` }),
      },
      resolve: async (_root, { jobId, timeoutSeconds }, { core, watches, owner, isAdmin, signal, spend }) => {
        await spend('waits', 1);
        return waitForJob(core, watches, { owner, isAdmin, jobId, timeoutSeconds: timeoutSeconds ?? 30, signal });
      },
    }),
  }),
});
