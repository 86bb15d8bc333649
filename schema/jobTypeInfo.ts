/** The type JobType: what can be handed in, with the JSON Schema of its params. */
import { z } from 'zod';
import { jobTypeNames, jobTypes, type JobPolicy, type JobTypeName } from '../core/jobType.ts';
import { builder } from './builder.ts';

export interface JobTypeInfo {
  readonly name: JobTypeName;
  readonly description: string;
  readonly paramsSchema: unknown;
  readonly resultSchema: unknown;
  readonly policy: JobPolicy;
  readonly example: unknown;
}

/** Never changes while the process runs. `io: 'input'`: a field with a default may be left out. */
export const jobTypeInfos: readonly JobTypeInfo[] = jobTypeNames.map((name) => {
  const { description, params, result, policy, example } = jobTypes[name];
  return {
    name,
    description,
    paramsSchema: z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }),
    resultSchema: z.toJSONSchema(result, { unrepresentable: 'any' }),
    policy,
    example,
  };
});

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

export const JobTypeType = builder.objectRef<JobTypeInfo>('JobType').implement({
  description: 'A kind of work this system can do.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What to give as `CreateJobInput.type`.' }),
    description: t.exposeString('description', { description: 'What it does.' }),
    paramsSchema: t.expose('paramsSchema', { type: 'JSON', description: 'JSON Schema (draft 2020-12) of `CreateJobInput.params`.' }),
    resultSchema: t.expose('resultSchema', { type: 'JSON', description: 'JSON Schema (draft 2020-12) of `Job.result`.' }),
    policy: t.expose('policy', { type: JobPolicyType, description: 'How its attempts are made.' }),
    example: t.expose('example', { type: 'JSON', description: 'Params to start from.' }),
  }),
});
