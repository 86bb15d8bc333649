/** The inputs and answers of mutations about one job: `retryJob`, `rescheduleJob`, `cancelJob`, `sendSignal`. */
import type { Job } from '../core/job.ts';
import { maxRunAheadDays } from '../core/usecases/startTime.ts';
import { maxNameLength } from '../core/usecases/kept.ts';
import { maxSignalBytes } from '../core/usecases/sendSignal.ts';
import { builder } from './builder.ts';
import { JobType } from './job.ts';

export const RetryJobInputType = builder.inputType('RetryJobInput', {
  description: 'Which job to begin anew.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    fromStart: t.boolean({
      description: 'Forgets what its handler kept (steps, sleeps, signals), so that all of it is done anew. Left out: it is kept.',
    }),
  }),
});

export const CancelJobInputType = builder.inputType('CancelJobInput', {
  description: 'Which job to cancel.',
  fields: (t) => ({ jobId: t.id({ required: true, description: 'The ticket.' }) }),
});

export const SendSignalInputType = builder.inputType('SendSignalInput', {
  description: 'Which job to send which signal.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    name: t.string({ required: true, description: `The name that its handler waits for, 1 to ${maxNameLength} characters.` }),
    payload: t.field({ type: 'JSON', description: `What the handler is given: any JSON, up to ${maxSignalBytes} bytes. Left out: null.` }),
  }),
});

export const RescheduleJobInputType = builder.inputType('RescheduleJobInput', {
  description: 'Which job to begin when.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    runAt: t.field({
      type: 'DateTime',
      required: true,
      description: `When it may begin, up to ${maxRunAheadDays} days ahead; one that has come means at once.`,
    }),
  }),
});

export interface JobPayload {
  readonly job: Job;
}

export const RetryJobPayloadType = builder.objectRef<JobPayload>('RetryJobPayload').implement({
  description: 'What became of a job that was to be retried.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job, of its new generation.' }) }),
});

export const SendSignalPayloadType = builder.objectRef<JobPayload>('SendSignalPayload').implement({
  description: 'What became of a job that a signal was sent to.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job; one that waited for the signal goes on soon.' }) }),
});

export const RescheduleJobPayloadType = builder.objectRef<JobPayload>('RescheduleJobPayload').implement({
  description: 'What became of a job whose start was to be moved.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job, with its new start.' }) }),
});

export const CancelJobPayloadType = builder.objectRef<JobPayload>('CancelJobPayload').implement({
  description: 'What became of a job that was to be cancelled.',
  fields: (t) => ({ job: t.expose('job', { type: JobType, description: 'The job; one that runs ends within a heartbeat.' }) }),
});
