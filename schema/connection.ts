/** JobConnection, as Relay's Cursor Connections Specification wants it, and the filter of `jobs`. */
import { maxTags } from '../core/job.ts';
import type { JobsFilter } from '../core/usecases/jobsFilter.ts';
import type { JobCount, JobEdge, JobPage } from '../core/usecases/listJobs.ts';
import { builder } from './builder.ts';
import { JobStatusType, JobType } from './job.ts';
import { PageInfoType } from './pageInfo.ts';

const JobEdgeType = builder.objectRef<JobEdge>('JobEdge').implement({
  description: 'One job of the list, and its place.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place in the list, for `after` or `before`.' }),
    node: t.field({ type: JobType, description: 'The job.', resolve: ({ job }) => job }),
  }),
});

export const JobConnectionType = builder.objectRef<JobPage>('JobConnection').implement({
  description:
    'A page of jobs, newest first. Where no index knows what the filter asks, it may hold fewer than were asked for, or none, and not be the last: `hasNextPage` says so.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [JobEdgeType], description: 'The jobs of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there is more, and where to go on.' }),
  }),
});

export const JobsFilterType = builder.inputType('JobsFilter', {
  description: 'Which jobs are meant. What is left out does not narrow the list; an empty list matches none.',
  fields: (t) => ({
    status: t.field({ type: [JobStatusType], description: 'In one of these states.' }),
    type: t.stringList({ description: 'Of one of these job types.' }),
    tags: t.stringList({ description: `With all of these tags, at most ${maxTags}.` }),
    createdAfter: t.field({ type: 'DateTime', description: 'Handed in at this moment or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Handed in before this moment.' }),
    idempotencyKey: t.string({ description: 'Created with this key, while the key is remembered.' }),
    jobIdPrefix: t.string({ description: 'Whose id begins so; upper and lower case are the same.' }),
    errorCode: t.string({ description: 'Whose `error` has this code.' }),
    errorFingerprint: t.string({ description: 'Whose `error` is of this kind; see `jobErrors`. Quickest beside `type` and `errorCode`.' }),
  }),
});

/** What was asked, as the use cases have it: GraphQL’s null is as left out. */
export function jobsFilterOf(input: typeof JobsFilterType.$inferInput | null | undefined): JobsFilter {
  return {
    status: input?.status ?? undefined,
    type: input?.type ?? undefined,
    tags: input?.tags ?? undefined,
    createdAfter: input?.createdAfter ?? undefined,
    createdBefore: input?.createdBefore ?? undefined,
    idempotencyKey: input?.idempotencyKey ?? undefined,
    jobIdPrefix: input?.jobIdPrefix ?? undefined,
    errorCode: input?.errorCode ?? undefined,
    errorFingerprint: input?.errorFingerprint ?? undefined,
  };
}

export const JobCountType = builder.objectRef<JobCount>('JobCount').implement({
  description: 'How many jobs there are.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: 'So many, or at least so many.' }),
    isExact: t.exposeBoolean('isExact', { description: 'False: there may be more, which were not counted.' }),
  }),
});
