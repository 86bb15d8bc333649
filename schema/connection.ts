/** JobConnection, as Relay's Cursor Connections Specification wants it, and the filter of `jobs`. */
import type { JobEdge, JobPage } from '../core/usecases/listJobs.ts';
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
  description: 'A page of jobs, newest first.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [JobEdgeType], description: 'The jobs of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there is more, and where to go on.' }),
  }),
});

export const JobsFilterType = builder.inputType('JobsFilter', {
  description: 'Which jobs to list. What is left out does not narrow the list; an empty list matches none.',
  fields: (t) => ({
    status: t.field({ type: [JobStatusType], description: 'In one of these states.' }),
    type: t.stringList({ description: 'Of one of these job types.' }),
  }),
});
