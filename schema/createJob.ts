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
      description: 'The job’s input, as described by the type’s `paramsSchema`; at most 256 KB. Left out or null: `{}`.',
    }),
    priority: t.field({ type: JobPriorityType, defaultValue: 'NORMAL', description: 'The queue that it waits in.' }),
    idempotencyKey: t.string({
      description:
        'A key of the caller’s choice, 1 to 255 characters. While the key is remembered (24 hours), the same key with the same payload returns the same job. Can also be sent as the header `Idempotency-Key`.',
    }),
    tags: t.stringList({
      description: `Tags for finding it again: at most ${maxTags}, of 1 to ${maxTagLength} characters each, compared exactly. They never change.`,
    }),
    delaySeconds: t.int({ defaultValue: 0, description: 'Do not begin before so many seconds have passed, 0 to 900.' }),
    runAt: t.field({
      type: 'DateTime',
      description: `Do not begin before this time, at most ${maxRunAheadDays} days ahead; a time in the past means at once. Instead of \`delaySeconds\`.`,
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
  description: 'The result of `createJob`.',
  fields: (t) => ({
    job: t.expose('job', { type: JobType, description: 'The job.' }),
    created: t.exposeBoolean('created', { description: 'False if the idempotency key already had its job, which is then returned.' }),
  }),
});

const JobProblemType = builder.objectRef<Problem>('JobProblem').implement({
  description: 'Why one job of several could not be handed in: the same as in `errors` for a single job.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeType, description: 'The code, as in `errors[].extensions.code`.' }),
    message: t.exposeString('message', { description: 'What is wrong.' }),
    whatToDo: t.exposeString('whatToDo', { description: 'What to do about it.' }),
    path: t.expose('path', { type: 'JSON', nullable: true, description: 'The place in the input: a list of keys and indexes.' }),
    jobId: t.exposeID('jobId', { nullable: true, description: 'The job it is about, if there is one.' }),
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', { nullable: true, description: 'How long to wait before trying again.' }),
    traceId: t.exposeString('traceId', { nullable: true, description: 'Name it when you report a fault of the service.' }),
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
  description: 'The result for one job of several. Each is independent of the others.',
  fields: (t) => ({
    job: t.expose('job', { type: JobType, nullable: true, description: 'The job, unless there is an error.' }),
    created: t.exposeBoolean('created', { description: 'False if the idempotency key already had its job, or if there is an error.' }),
    error: t.expose('error', { type: JobProblemType, nullable: true, description: 'Why there is no job.' }),
  }),
});

export const CreateJobsPayloadType = builder.objectRef<{ readonly results: readonly CreateJobResult[] }>('CreateJobsPayload').implement({
  description: 'The result of `createJobs`.',
  fields: (t) => ({
    results: t.field({
      type: [CreateJobResultType],
      description: 'One result per job, in the order of the input.',
      resolve: ({ results }) => [...results],
    }),
  }),
});
