/** The mutations. */
import { cancelJob } from '../core/usecases/cancelJob.ts';
import { createJob, createJobs, maxBatch, requireBatch, type CreateJobOutcome, type CreateJobRequest } from '../core/usecases/createJob.ts';
import { rescheduleJob } from '../core/usecases/rescheduleJob.ts';
import { sendSignal } from '../core/usecases/sendSignal.ts';
import { retryJob } from '../core/usecases/retryJob.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';
import {
  CreateJobInputType,
  CreateJobPayloadType,
  createJobRequest,
  createJobResult,
  CreateJobsInputType,
  CreateJobsPayloadType,
  withHeaderKey,
  type CreateJobInput,
} from './createJob.ts';
import { requireUnambiguousKey } from './idempotencyKey.ts';
import {
  CancelJobInputType,
  CancelJobPayloadType,
  RescheduleJobInputType,
  RescheduleJobPayloadType,
  RetryJobInputType,
  RetryJobPayloadType,
  SendSignalInputType,
  SendSignalPayloadType,
} from './jobPayload.ts';
import { checkedJson } from './scalars.ts';

builder.mutationType({
  description: 'Hands in the caller’s jobs, retries and cancels them, and sends them signals.',
  fields: (t) => ({
    createJob: t.field({
      type: CreateJobPayloadType,
      description: 'Hands in a job. When this answers, the job is recorded and queued; watch it with `jobStatusChanged`.',
      args: { input: t.arg({ type: CreateJobInputType, required: true, description: 'The job.' }) },
      resolve: async (_root, { input }, context, info) => {
        requireUnambiguousKey(context, info);
        await context.spend('jobs', 1);
        return createJob(context.core, withHeaderKey(createJobRequest(input, context), context.idempotencyKey));
      },
    }),
    createJobs: t.field({
      type: CreateJobsPayloadType,
      description: `Hands in up to ${maxBatch} jobs. Each succeeds or fails by itself; the results come in the same order.`,
      args: { input: t.arg({ type: CreateJobsInputType, required: true, description: 'The jobs.' }) },
      complexity: ({ input }) => ({ field: 1, multiplier: Math.min(input.jobs.length, maxBatch) }),
      resolve: async (_root, { input: { jobs } }, context, info) => {
        requireUnambiguousKey(context, info);
        requireBatch(jobs.length);
        await context.spend('jobs', jobs.length);
        const outcomes = await createEach(jobs, context);
        return { results: outcomes.map((outcome) => createJobResult(outcome, context)) };
      },
    }),
    retryJob: t.field({
      type: RetryJobPayloadType,
      description: 'Retries a job that is FAILED, FAILED_FINAL, CANCELLED, or stuck. JOB_NOT_RETRYABLE otherwise.',
      args: { input: t.arg({ type: RetryJobInputType, required: true, description: 'Which job.' }) },
      resolve: async (_root, { input: { jobId, fromStart } }, { core, owner, isAdmin, spend }) => {
        await spend('jobs', 1);
        return { job: await retryJob(core, { owner, isAdmin, jobId, fromStart: fromStart ?? false }) };
      },
    }),
    sendSignal: t.field({
      type: SendSignalPayloadType,
      description:
        'Sends a job the signal that its handler waits for, or will wait for, such as an approval. Each name once: the same signal again changes nothing, another payload is SIGNAL_ALREADY_SENT.',
      args: { input: t.arg({ type: SendSignalInputType, required: true, description: 'The job and the signal.' }) },
      resolve: async (_root, { input: { jobId, name, payload } }, { core, owner, isAdmin, spend }) => {
        await spend('jobs', 1);
        const checked = payload === undefined ? undefined : checkedJson(payload, ['payload']);
        return { job: await sendSignal(core, { owner, isAdmin, jobId, name, payload: checked }) };
      },
    }),
    rescheduleJob: t.field({
      type: RescheduleJobPayloadType,
      description: 'Changes the start of a waiting job. JOB_NOT_RESCHEDULABLE if it runs or has ended.',
      args: { input: t.arg({ type: RescheduleJobInputType, required: true, description: 'The job and its new start.' }) },
      resolve: async (_root, { input: { jobId, runAt } }, { core, owner, isAdmin, spend }) => {
        await spend('jobs', 1);
        return { job: await rescheduleJob(core, { owner, isAdmin, jobId, runAt }) };
      },
    }),
    cancelJob: t.field({
      type: CancelJobPayloadType,
      description:
        'Cancels a job and its children: a waiting job at once, a running job within a heartbeat. JOB_NOT_CANCELLABLE if it has ended.',
      args: { input: t.arg({ type: CancelJobInputType, required: true, description: 'Which job.' }) },
      resolve: async (_root, { input: { jobId } }, { core, owner, isAdmin, spend }) => {
        await spend('jobs', 1);
        return { job: await cancelJob(core, { owner, isAdmin, jobId }) };
      },
    }),
  }),
});

/** Params that are not JSON fail only their own entry; the rest is handed in together. */
async function createEach(jobs: readonly CreateJobInput[], context: ApiContext): Promise<readonly CreateJobOutcome[]> {
  const prepared = jobs.map((input): CreateJobRequest | FailedOutcome => {
    try {
      return createJobRequest(input, context);
    } catch (error) {
      return { ok: false, error };
    }
  });
  const outcomes = [...(await createJobs(context.core, prepared.filter(isRequest)))];
  return prepared.flatMap((request) => (isRequest(request) ? outcomes.splice(0, 1) : [request]));
}

type FailedOutcome = Extract<CreateJobOutcome, { ok: false }>;

function isRequest(prepared: CreateJobRequest | FailedOutcome): prepared is CreateJobRequest {
  return !('ok' in prepared);
}
