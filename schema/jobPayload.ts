/** The inputs and results of the mutations of one job: `retryJob`, `rescheduleJob`, `cancelJob`, `sendSignal`. */
import type { Job } from '../core/job.ts';
import { maxRunAheadDays } from '../core/usecases/startTime.ts';
import { maxNameLength } from '../core/usecases/kept.ts';
import { maxSignalBytes } from '../core/usecases/sendSignal.ts';
import { builder } from './builder.ts';
import { JobType } from './job.ts';

export const RetryJobInputType = builder.inputType('RetryJobInput', {
  description: 'The job to retry.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    fromStart: t.boolean({
      description: 'Discards what its handler kept (steps, sleeps, signals), so that all of it is done again. If left out, it is kept.',
    }),
  }),
});

export const CancelJobInputType = builder.inputType('CancelJobInput', {
  description: 'The job to cancel.',
  fields: (t) => ({ jobId: t.id({ required: true, description: 'The ticket.' }) }),
});

export const SendSignalInputType = builder.inputType('SendSignalInput', {
  description: 'The job and the signal to send.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    name: t.string({ required: true, description: `The name that its handler waits for, 1 to ${maxNameLength} characters.` }),
    payload: t.field({ type: 'JSON', description: `What the handler receives: any JSON, up to ${maxSignalBytes} bytes. Left out: null.` }),
  }),
});

export const RescheduleJobInputType = builder.inputType('RescheduleJobInput', {
  description: 'The job and its new start.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    runAt: t.field({
      type: 'DateTime',
      required: true,
      description: `When it may begin, at most ${maxRunAheadDays} days ahead; a time in the past means at once.`,
    }),
  }),
});

export interface JobPayload {
  readonly job: Job;
}

export const RetryJobPayloadType = builder.objectRef<JobPayload>('RetryJobPayload').implement({
  description: 'The result of `retryJob`.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job, in its new generation.' }) }),
});

export const SendSignalPayloadType = builder.objectRef<JobPayload>('SendSignalPayload').implement({
  description: 'The result of `sendSignal`.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job. If it waited for the signal, it goes on soon.' }) }),
});

export const RescheduleJobPayloadType = builder.objectRef<JobPayload>('RescheduleJobPayload').implement({
  description: 'The result of `rescheduleJob`.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job, with its new start.' }) }),
});

export const CancelJobPayloadType = builder.objectRef<JobPayload>('CancelJobPayload').implement({
  description: 'The result of `cancelJob`.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job. If it is running, it ends within a heartbeat.' }) }),
});
