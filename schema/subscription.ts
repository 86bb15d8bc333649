/** The subscriptions: changes of status and log lines, as they happen. */
import { JobError } from '../core/errors.ts';
import type { WatchedEvent } from '../core/usecases/watchJob.ts';
import { builder } from './builder.ts';
import { jobsFilterOf, JobsFilterType } from './connection.ts';
import { ownerMeant } from './context.ts';
import { JobFailureType, JobStatusType, JobType } from './job.ts';
import { JobLogLineType } from './jobLog.ts';
import { loadJob } from './jobLoader.ts';
import { resumeAfter } from './resume.ts';

export const JobStatusEventType = builder.objectRef<WatchedEvent>('JobStatusEvent').implement({
  description: 'A change of a job’s status or, under a version already seen, an update of its progress.',
  fields: (t) => ({
    jobId: t.exposeID('jobId', { description: 'The ticket.' }),
    version: t.exposeInt('version', {
      description: 'The job’s version after this change. Pass the last one you saw as `afterVersion` to resume.',
    }),
    status: t.expose('status', { type: JobStatusType, description: 'The status it changed to.' }),
    previousStatus: t.expose('previousStatus', {
      type: JobStatusType,
      nullable: true,
      description: 'The status it had before; null for a new job.',
    }),
    attempt: t.exposeInt('attempt', { description: 'Attempts begun by then, in this generation.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it changed.' }),
    error: t.expose('error', { type: JobFailureType, nullable: true, description: 'The failure that caused the change, if one did.' }),
    progress: t.exposeFloat('progress', { nullable: true, description: 'Percent, 0 to 100.' }),
    recovered: t.exposeBoolean('recovered', {
      nullable: true,
      description:
        'Null: the event came live. True: it was missed live and read from the job’s history. False: versions before this one could not be recovered.',
    }),
    job: t.field({
      type: JobType,
      nullable: true,
      description: 'The job as it is now, which may be newer than the event; null if it was deleted.',
      resolve: async ({ jobId, owner }, _args, { core }) => (await loadJob(core, { owner, jobId })) ?? null,
    }),
  }),
});

builder.subscriptionType({
  description: 'Pushes changes of the caller’s own jobs, over WebSocket (graphql-transport-ws) or Server-Sent Events.',
  fields: (t) => ({
    jobStatusChanged: t.field({
      type: JobStatusEventType,
      description:
        'With a jobId: the job’s present state, then each change once and in order, until it is final. Without one: all changes of the caller’s jobs from now on; ends with FEED_INTERRUPTED if something may have been missed.',
      args: {
        jobId: t.arg.id({ description: 'The job’s id; if left out, all of the caller’s jobs.' }),
        afterVersion: t.arg.int({ description: 'Resume after this version: every later change is delivered. Only with a jobId.' }),
        filter: t.arg({
          type: JobsFilterType,
          description:
            'Which changes, without a jobId: `status` and `errorCode` choose single changes, all other fields choose jobs. Left out: all changes.',
        }),
        owner: t.arg.string({
          description:
            'The owner of the jobs, without a jobId; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.',
        }),
      },
      subscribe: async (_root, { jobId, afterVersion, filter, owner: named }, { watches, owner, isAdmin, signal, spend, lastEventId }) => {
        await spend('watches', 1);
        if (jobId !== undefined && jobId !== null) {
          if (filter !== undefined && filter !== null) {
            throw new JobError('BAD_USER_INPUT', {
              message: 'A filter applies to an owner’s jobs: leave the jobId out.',
              path: ['filter'],
            });
          }
          return watches.job({ owner, isAdmin, jobId, afterVersion: resumeAfter(jobId, afterVersion, lastEventId), signal });
        }
        if (afterVersion === undefined || afterVersion === null)
          return watches.owner({
            owner: ownerMeant({ owner, isAdmin }, named),
            filter: filter === undefined || filter === null ? undefined : jobsFilterOf(filter),
            signal,
          });
        throw new JobError('BAD_USER_INPUT', { message: 'afterVersion needs a jobId.', path: ['afterVersion'] });
      },
      resolve: (event) => event,
    }),
    jobLogAdded: t.field({
      type: JobLogLineType,
      description:
        'The lines that the job’s handler logs: existing ones first, then each new one within about two seconds, once and in order, until the job is final.',
      args: {
        jobId: t.arg.id({ required: true, description: 'The ticket.' }),
        afterSequence: t.arg.int({ description: 'Resume after this sequence: only later lines are delivered.' }),
      },
      subscribe: async (_root, { jobId, afterSequence }, { watches, owner, isAdmin, signal, spend, lastEventId }) => {
        await spend('watches', 1);
        return watches.logs({ owner, isAdmin, jobId, afterSequence: resumeAfter(jobId, afterSequence, lastEventId), signal });
      },
      resolve: (line) => line,
    }),
  }),
});
