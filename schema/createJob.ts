/** The inputs and answers of `createJob` and `createJobs`. */
import { maxTagLength, maxTags } from '../core/job.ts';
import { maxBatch, type CreatedJob, type CreateJobOutcome, type CreateJobRequest } from '../core/usecases/createJob.ts';
import { maxRunAheadDays } from '../core/usecases/startTime.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';
import { ErrorCodeType } from './errorCode.ts';
import { toProblem, type Problem, type Reporter } from './errors.ts';
import { keyMeant } from './idempotencyKey.ts';
import { JobPriorityType, JobType } from './job.ts';
import { checkedJson } from './scalars.ts';

export const CreateJobInputType = builder.inputType('CreateJobInput', {
  description: 'A job to hand in.',
  fields: (t) => ({
    type: t.string({ required: true, description: 'The job type’s name; see `jobTypes`.' }),
    params: t.field({
      type: 'JSON',
      description: 'What to work on, as the type’s `paramsSchema` has it; at most 256 KB. Left out or null: `{}`.',
    }),
    priority: t.field({ type: JobPriorityType, defaultValue: 'NORMAL', description: 'Which queue it waits in.' }),
    idempotencyKey: t.string({
      description:
        'A key of the caller’s choice, 1 to 255 characters: while it is remembered (24 hours), the same key with the same payload gives the same job. Or as the header `Idempotency-Key`.',
    }),
    tags: t.stringList({
      description: `To find it again by: at most ${maxTags}, of 1 to ${maxTagLength} characters each, compared exactly. They never change.`,
    }),
    delaySeconds: t.int({ defaultValue: 0, description: 'Do not begin before so many seconds, 0 to 900.' }),
    runAt: t.field({
      type: 'DateTime',
      description: `Do not begin before, up to ${maxRunAheadDays} days ahead; one that has come means at once. Instead of \`delaySeconds\`.`,
    }),
  }),
});

export const CreateJobsInputType = builder.inputType('CreateJobsInput', {
  description: 'Jobs to hand in together.',
  fields: (t) => ({
    jobs: t.field({ type: [CreateJobInputType], required: true, description: `The jobs, at most ${maxBatch}.` }),
  }),
});

export type CreateJobInput = typeof CreateJobInputType.$inferInput;

/** @throws {JobError} `BAD_USER_INPUT` for params that are not JSON. */
export function createJobRequest(input: CreateJobInput, { owner, traceId }: Pick<ApiContext, 'owner' | 'traceId'>): CreateJobRequest {
  return {
    owner,
    traceId,
    type: input.type,
    params: input.params === undefined || input.params === null ? undefined : checkedJson(input.params, ['params']),
    priority: input.priority ?? 'NORMAL',
    idempotencyKey: input.idempotencyKey ?? undefined,
    tags: input.tags ?? undefined,
    delaySeconds: input.delaySeconds ?? 0,
    runAt: input.runAt ?? undefined,
  };
}

/** @throws {JobError} `BAD_USER_INPUT` where field and header disagree. */
export function withHeaderKey(request: CreateJobRequest, headerKey: string | undefined): CreateJobRequest {
  return headerKey === undefined ? request : { ...request, idempotencyKey: keyMeant(request.idempotencyKey, headerKey) };
}

export const CreateJobPayloadType = builder.objectRef<CreatedJob>('CreateJobPayload').implement({
  description: 'What became of a job that was handed in.',
  fields: (t) => ({
    job: t.expose('job', { type: JobType, description: 'The job.' }),
    created: t.exposeBoolean('created', { description: 'False if the idempotency key already had its job, which then is the one given.' }),
  }),
});

const JobProblemType = builder.objectRef<Problem>('JobProblem').implement({
  description: 'Why one job of several could not be handed in: what would stand in `errors` for a single one.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeType, description: 'The code, as in `errors[].extensions.code`.' }),
    message: t.exposeString('message', { description: 'What is wrong.' }),
    whatToDo: t.exposeString('whatToDo', { description: 'What to do about it.' }),
    path: t.expose('path', { type: 'JSON', nullable: true, description: 'Where in the input: a list of keys and indexes.' }),
    jobId: t.exposeID('jobId', { nullable: true, description: 'The job it is about, if there is one.' }),
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', { nullable: true, description: 'How long to wait before trying again.' }),
    traceId: t.exposeString('traceId', { nullable: true, description: 'To be named in a report, when the fault is ours.' }),
  }),
});

export interface CreateJobResult {
  readonly created: boolean;
  readonly job?: CreatedJob['job'];
  readonly error?: Problem;
}

export function createJobResult(outcome: CreateJobOutcome, reporter: Reporter): CreateJobResult {
  return outcome.ok ? { job: outcome.job, created: outcome.created } : { created: false, error: toProblem(outcome.error, reporter) };
}

const CreateJobResultType = builder.objectRef<CreateJobResult>('CreateJobResult').implement({
  description: 'What became of one job of several; each stands for itself.',
  fields: (t) => ({
    job: t.expose('job', { type: JobType, nullable: true, description: 'The job, unless there is an error.' }),
    created: t.exposeBoolean('created', { description: 'False if the idempotency key already had its job, or if there is an error.' }),
    error: t.expose('error', { type: JobProblemType, nullable: true, description: 'Why there is no job.' }),
  }),
});

export const CreateJobsPayloadType = builder.objectRef<{ readonly results: readonly CreateJobResult[] }>('CreateJobsPayload').implement({
  description: 'What became of jobs that were handed in together.',
  fields: (t) => ({
    results: t.field({
      type: [CreateJobResultType],
      description: 'One for each job, in the order of the input.',
      resolve: ({ results }) => [...results],
    }),
  }),
});
