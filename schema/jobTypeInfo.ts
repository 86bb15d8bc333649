/** The type JobType: what can be handed in, with the JSON Schema of its params. */
import { jsonSchemasOf, type JobPolicy, type JobType } from '../core/jobType.ts';
import { ownExample } from '../core/usecases/ownExample.ts';
import { builder } from './builder.ts';

const JobPolicyType = builder.objectRef<JobPolicy>('JobPolicy').implement({
  description: 'How the attempts at a job are made. Null: as the worker’s settings have it.',
  fields: (t) => ({
    timeoutSeconds: t.exposeInt('timeoutSeconds', { description: 'An attempt that runs longer is stopped and counts as failed.' }),
    attemptsPerReceive: t.exposeInt('attemptsPerReceive', {
      nullable: true,
      description: 'Attempts before the job goes back to its queue.',
    }),
    backoffBaseMs: t.exposeInt('backoffBaseMs', {
      nullable: true,
      description: 'Wait before the second attempt, in milliseconds; it doubles each time.',
    }),
    backoffMaxMs: t.exposeInt('backoffMaxMs', { nullable: true, description: 'Longest wait between attempts, in milliseconds.' }),
  }),
});

export const JobTypeType = builder.objectRef<JobType>('JobType').implement({
  description: 'A kind of work this system can do.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What to give as `CreateJobInput.type`.' }),
    description: t.exposeString('description', { description: 'What it does.' }),
    paramsSchema: t.field({
      type: 'JSON',
      description: 'JSON Schema (draft 2020-12) of `CreateJobInput.params`.',
      resolve: (type) => jsonSchemasOf(type).params,
    }),
    resultSchema: t.field({
      type: 'JSON',
      description: 'JSON Schema (draft 2020-12) of `Job.result`.',
      resolve: (type) => jsonSchemasOf(type).result,
    }),
    policy: t.expose('policy', { type: JobPolicyType, description: 'How its attempts are made.' }),
    example: t.field({
      type: 'JSON',
      description: 'Params to start from.',
      resolve: (type, _args, { core, owner }) => ownExample(core.settings.objectAccess, owner, type),
    }),
  }),
});
