/** JobConnection, as specified by Relay's Cursor Connections Specification, and the filter of `jobs`. */
import { maxTags } from '../core/job.ts';
import type { JobsFilter } from '../core/usecases/jobsFilter.ts';
import type { JobCount, JobEdge, JobPage } from '../core/usecases/listJobs.ts';
import { builder } from './builder.ts';
import { JobStatusType, JobType } from './job.ts';
import { PageInfoType } from './pageInfo.ts';

const JobEdgeType = builder.objectRef<JobEdge>('JobEdge').implement({
  description: 'One job of a list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after` or `before`.' }),
    node: t.field({ type: JobType, description: 'The job.', resolve: ({ job }) => job }),
  }),
});

export const JobConnectionType = builder.objectRef<JobPage>('JobConnection').implement({
  description:
    'A page of jobs, newest first. Where no index covers the filter, a page may have fewer jobs than asked for, or none, without being the last: `hasNextPage` says so.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [JobEdgeType], description: 'The jobs of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});

export const JobsFilterType = builder.inputType('JobsFilter', {
  description: 'A filter for jobs. A field that is left out matches all jobs; an empty list matches none.',
  fields: (t) => ({
    status: t.field({ type: [JobStatusType], description: 'Jobs in one of these states.' }),
    type: t.stringList({ description: 'Jobs of one of these types.' }),
    tags: t.stringList({ description: `Jobs with all of these tags, at most ${maxTags}.` }),
    createdAfter: t.field({ type: 'DateTime', description: 'Jobs handed in at this moment or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Jobs handed in before this moment.' }),
    idempotencyKey: t.string({ description: 'The job created with this key, while the key is remembered.' }),
    jobIdPrefix: t.string({ description: 'Jobs whose id begins with this text; upper and lower case are the same.' }),
    errorCode: t.string({ description: 'Jobs whose `error` has this code.' }),
    errorFingerprint: t.string({
      description: 'Jobs whose `error` is of this kind; see `jobErrors`. Fastest together with `type` and `errorCode`.',
    }),
  }),
});

/** The filter as the use cases take it: GraphQL’s null counts as left out. */
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
    count: t.exposeInt('count', { description: 'The number of jobs, or a lower bound.' }),
    isExact: t.exposeBoolean('isExact', { description: 'False: there may be more jobs, which were not counted.' }),
  }),
});
