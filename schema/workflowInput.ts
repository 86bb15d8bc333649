/** The inputs and results of the mutations of workflows. */
import { JobError } from '../core/errors.ts';
import { maxTagLength, maxTags } from '../core/job.ts';
import { badInput } from '../core/text.ts';
import { maxWorkflowNameLength, type CreateWorkflowRequest, type CreatedWorkflow } from '../core/usecases/createWorkflow.ts';
import type { WorkflowJobRequest } from '../core/usecases/checkWorkflow.ts';
import { maxRunAheadDays } from '../core/usecases/startTime.ts';
import type { JsonPath } from '../core/workflow/jsonPath.ts';
import { maxWorkflowJobs, type FailurePolicy, type Workflow } from '../core/workflow/workflow.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';
import { JobPriorityType } from './job.ts';
import { checkedJson } from './scalars.ts';
import { WorkflowStatusType, WorkflowType } from './workflow.ts';

const WhenDependencyFailsType = builder.enumType('WhenDependencyFails', {
  description: 'What happens to a job when one that it depends on fails, or is cancelled.',
  values: {
    CANCEL: { description: 'It is cancelled too, with the error DEPENDENCY_FAILED, and revived when the other one is retried.' },
    RUN: { description: 'It runs anyway, for clean-up: its handler sees what failed.' },
    WAIT: { description: 'It waits until somebody retries the other one.' },
  } satisfies Record<FailurePolicy, { description: string }>,
});

const path = 'A list of keys and indexes, such as `["pages", 0]`, or the same as a text: `"pages.0"`.';

const ParamFromInputType = builder.inputType('ParamFromInput', {
  description: 'A value that a job’s params take from the result of a job that it depends on.',
  fields: (t) => ({
    path: t.field({ type: 'JSON', required: true, description: `Its place in the params. ${path}` }),
    job: t.string({ required: true, description: 'The name of the other job, one of `dependsOn`.' }),
    resultPath: t.field({
      type: 'JSON',
      required: true,
      description: `Its place in the result; an empty list is the whole result. ${path}`,
    }),
  }),
});

const WorkflowJobInputType = builder.inputType('WorkflowJobInput', {
  description: 'One job of a workflow.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique in the workflow: 1 to 64 letters, digits, `_`, `-` and `.`.' }),
    type: t.string({ required: true, description: 'The job type’s name; see `jobTypes`.' }),
    params: t.field({
      type: 'JSON',
      description: 'Its input, as described by the type’s `paramsSchema`, without the values of `paramsFrom`.',
    }),
    paramsFrom: t.field({ type: [ParamFromInputType], description: 'The values that come from the results of jobs that it depends on.' }),
    dependsOn: t.stringList({ description: 'The names of the jobs that it depends on.' }),
    whenDependencyFails: t.field({
      type: WhenDependencyFailsType,
      defaultValue: 'CANCEL',
      description: 'What happens to it when one of those fails.',
    }),
    priority: t.field({ type: JobPriorityType, defaultValue: 'NORMAL', description: 'The queue that it waits in.' }),
    runAt: t.field({ type: 'DateTime', description: `Do not begin before this time, at most ${maxRunAheadDays} days ahead.` }),
    tags: t.stringList({ description: `Tags for finding it again: at most ${maxTags}, of 1 to ${maxTagLength} characters each.` }),
  }),
});

export const CreateWorkflowInputType = builder.inputType('CreateWorkflowInput', {
  description: 'A workflow to hand in.',
  fields: (t) => ({
    name: t.string({ required: true, description: `Its name; 1 to ${maxWorkflowNameLength} characters.` }),
    idempotencyKey: t.string({
      description:
        'A key of the caller’s choice, 1 to 255 characters. While the key is remembered (24 hours), the same key with the same payload returns the same workflow. Can also be sent as the header `Idempotency-Key`.',
    }),
    tags: t.stringList({ description: `Tags for finding it again: at most ${maxTags}, of 1 to ${maxTagLength} characters each.` }),
    jobs: t.field({ type: [WorkflowJobInputType], required: true, description: `Its jobs, 1 to ${maxWorkflowJobs}.` }),
  }),
});

const whichWorkflow = (name: string, description: string) =>
  builder.inputType(name, { description, fields: (t) => ({ workflowId: t.id({ required: true, description: 'Which.' }) }) });

export const RetryWorkflowInputType = whichWorkflow('RetryWorkflowInput', 'The workflow whose failed jobs to retry.');
export const CancelWorkflowInputType = whichWorkflow('CancelWorkflowInput', 'The workflow to cancel.');

export const WorkflowsFilterType = builder.inputType('WorkflowsFilter', {
  description: 'A filter for workflows. A field that is left out matches all; an empty list matches none.',
  fields: (t) => ({
    status: t.field({ type: [WorkflowStatusType], description: 'Workflows in one of these states.' }),
    name: t.string({ description: 'Workflows of this name.' }),
    tags: t.stringList({ description: 'Workflows with all of these tags.' }),
    createdAfter: t.field({ type: 'DateTime', description: 'Workflows handed in at this moment or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Workflows handed in before this moment.' }),
  }),
});

/** @throws {JobError} `BAD_USER_INPUT` for params that are not JSON, paths that are not valid, and a key that differs from the header’s. */
export function createWorkflowRequest(
  input: typeof CreateWorkflowInputType.$inferInput,
  { owner, traceId, idempotencyKey: header }: Pick<ApiContext, 'owner' | 'traceId' | 'idempotencyKey'>,
): CreateWorkflowRequest {
  const key = input.idempotencyKey ?? undefined;
  if (key !== undefined && header !== undefined && key !== header) {
    throw new JobError('BAD_USER_INPUT', {
      message: 'The field idempotencyKey and the header Idempotency-Key differ: send one of them, or the same in both.',
      path: ['idempotencyKey'],
    });
  }
  const { name, tags, jobs } = input;
  return { owner, traceId, name, idempotencyKey: key ?? header, tags: tags ?? undefined, jobs: jobs.map(jobRequest) };
}

function jobRequest(input: typeof WorkflowJobInputType.$inferInput, index: number): WorkflowJobRequest {
  const at = ['jobs', index];
  const { name, type, params, dependsOn, whenDependencyFails, priority, runAt, tags } = input;
  const paramsFrom = input.paramsFrom?.map((from, place) => ({
    path: pathIn(from.path, [...at, 'paramsFrom', place, 'path']),
    job: from.job,
    resultPath: pathIn(from.resultPath, [...at, 'paramsFrom', place, 'resultPath']),
  }));
  return {
    name,
    type,
    params: params === undefined || params === null ? undefined : checkedJson(params, [...at, 'params']),
    paramsFrom,
    dependsOn: dependsOn ?? undefined,
    whenDependencyFails: whenDependencyFails ?? 'CANCEL',
    priority: priority ?? 'NORMAL',
    runAt: runAt ?? undefined,
    tags: tags ?? undefined,
  };
}

function pathIn(value: unknown, at: readonly (string | number)[]): JsonPath {
  if (typeof value === 'string') return value === '' ? [] : value.split('.').map((step) => (/^\d{1,4}$/.test(step) ? Number(step) : step));
  if (Array.isArray(value) && value.every((step): step is string | number => typeof step === 'string' || typeof step === 'number'))
    return value;
  throw badInput('is a list of keys and indexes, or a text', at);
}

const workflowPayload = (name: string, description: string) =>
  builder.objectRef<{ readonly workflow: Workflow }>(name).implement({
    description,
    fields: (t) => ({ workflow: t.expose('workflow', { type: WorkflowType, description: 'The workflow, as it is now.' }) }),
  });

export const RetryWorkflowPayloadType = workflowPayload('RetryWorkflowPayload', 'The result of `retryWorkflow`.');
export const CancelWorkflowPayloadType = workflowPayload('CancelWorkflowPayload', 'The result of `cancelWorkflow`.');

export const CreateWorkflowPayloadType = builder.objectRef<CreatedWorkflow>('CreateWorkflowPayload').implement({
  description: 'The result of `createWorkflow`.',
  fields: (t) => ({
    workflow: t.expose('workflow', { type: WorkflowType, description: 'The workflow.' }),
    created: t.exposeBoolean('created', {
      description: 'False if the idempotency key already had its workflow, which is then returned.',
    }),
  }),
});
