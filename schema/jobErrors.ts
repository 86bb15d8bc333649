/** Failures by their kind. */
import { failureCodeOf } from '../core/failures.ts';
import { groupErrors, type ErrorGroup, type ErrorGroups } from '../core/usecases/errorGroups.ts';
import { maxPageSize } from '../core/usecases/listJobs.ts';
import { builder } from './builder.ts';
import { jobsFilterOf, JobsFilterType } from './connection.ts';
import { ownersMeant } from './context.ts';
import { JobFailureCodeType } from './errorCode.ts';
import { JobType } from './job.ts';

const JobErrorGroupType = builder.objectRef<ErrorGroup>('JobErrorGroup').implement({
  description: 'Failures of one kind: of one type, with one code, and with messages that differ only in ids, numbers and quoted parts.',
  fields: (t) => ({
    fingerprint: t.exposeString('fingerprint', { description: 'The id of the kind, for `JobsFilter.errorFingerprint`.' }),
    type: t.exposeString('type', { description: 'The job type’s name.' }),
    code: t.field({ type: JobFailureCodeType, description: 'For programs to branch on.', resolve: ({ code }) => failureCodeOf(code) }),
    message: t.exposeString('message', { description: 'The common part of the messages, with placeholders for what differs.' }),
    count: t.exposeInt('count', { description: 'Jobs that failed in this way, of those that were looked at.' }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime', description: 'When the first of them failed.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'When the last of them failed.' }),
    lastJob: t.expose('lastJob', { type: JobType, description: 'The one that failed last.' }),
  }),
});

const JobErrorsType = builder.objectRef<ErrorGroups>('JobErrors').implement({
  description: 'Failures by their kind.',
  fields: (t) => ({
    groups: t.field({
      type: [JobErrorGroupType],
      description: 'The kinds with most jobs first, up to 100.',
      resolve: ({ groups }) => groups.slice(0, maxPageSize),
    }),
    looked: t.exposeInt('looked', { description: 'The number of jobs that were looked at: the newest 1,000 at most.' }),
    isComplete: t.exposeBoolean('isComplete', { description: 'False: older jobs failed too, which were not looked at.' }),
  }),
});

builder.queryField('jobErrors', (t) =>
  t.field({
    type: JobErrorsType,
    description: 'Why jobs failed: the newest failed jobs, grouped by the kind of their errors.',
    args: {
      filter: t.arg({ type: JobsFilterType, description: 'Which jobs; without `status`: those that are FAILED or FAILED_FINAL.' }),
      owner: t.arg.string({
        description: 'The owner of the jobs; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.',
      }),
      allOwners: t.arg.boolean({ defaultValue: false, description: 'Jobs of all owners. Needs the scope `admin`: else FORBIDDEN.' }),
    },
    // A thousand records are read whatever is asked; the groups are few.
    complexity: { field: 1000, multiplier: 10 },
    resolve: (_root, { filter, ...whose }, context) =>
      groupErrors(context.core, { owner: ownersMeant(context, whose), filter: jobsFilterOf(filter), signal: context.signal }),
  }),
);
