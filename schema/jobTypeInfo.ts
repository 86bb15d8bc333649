/** The type JobType: what can be handed in, with the JSON Schema of its params. */
import { jsonSchemasOf, type JobPolicy, type JobType } from '../core/jobType.ts';
import { ownExample } from '../core/usecases/ownExample.ts';
import { builder } from './builder.ts';

const JobPolicyType = builder.objectRef<JobPolicy>('JobPolicy').implement({
  description: 'How attempts at a job are made. A field that is null has the default of the worker’s settings.',
  fields: (t) => ({
    timeoutSeconds: t.exposeInt('timeoutSeconds', { description: 'An attempt that runs longer is stopped and counts as failed.' }),
    attemptsPerReceive: t.exposeInt('attemptsPerReceive', {
      nullable: true,
      description: 'Attempts before the job goes back to its queue.',
    }),
    backoffBaseMs: t.exposeInt('backoffBaseMs', {
      nullable: true,
      description: 'The wait before the second attempt, in milliseconds; it doubles each time.',
    }),
    backoffMaxMs: t.exposeInt('backoffMaxMs', { nullable: true, description: 'The longest wait between attempts, in milliseconds.' }),
  }),
});

export const JobTypeType = builder.objectRef<JobType>('JobType').implement({
  description: 'A kind of work this system can do.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The value for `CreateJobInput.type`.' }),
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
      description: 'Example params.',
      resolve: (type, _args, { core, owner }) => ownExample(core.settings.objectAccess, owner, type),
    }),
  }),
});
