/** `createWatchToken`, and the operations that its bearer may use: the state of one job. */
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { JobError } from '../core/errors.ts';
import { getJob } from '../core/usecases/readJob.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';

export interface WatchTokenRequest {
  readonly owner: string;
  readonly jobId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const maxTtlSeconds = 86_400;

const CreateWatchTokenInputType = builder.inputType('CreateWatchTokenInput', {
  description: 'The job that a token is for.',
  fields: (t) => ({
    jobId: t.id({ required: true, description: 'The ticket.' }),
    ttlSeconds: t.int({ defaultValue: 900, description: `How long the token is valid, 1 to ${maxTtlSeconds} seconds.` }),
  }),
});

const CreateWatchTokenPayloadType = builder
  .objectRef<{ readonly token: string; readonly expiresAt: number }>('CreateWatchTokenPayload')
  .implement({
    description: 'A token that lets its bearer watch one job.',
    fields: (t) => ({
      token: t.exposeString('token', { description: 'Send it as `Authorization: Bearer …`, or in `connectionParams`.' }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it expires; its watches end then.' }),
    }),
  });

builder.mutationField('createWatchToken', (t) =>
  t.field({
    type: CreateWatchTokenPayloadType,
    description:
      'Signs a token with which somebody may watch one job, and nothing else: `job`, `waitForJob`, `jobStatusChanged` and `jobLogAdded` with its jobId.',
    args: { input: t.arg({ type: CreateWatchTokenInputType, required: true, description: 'The job, and for how long.' }) },
    resolve: async (_root, { input: { jobId, ttlSeconds } }, { core, owner, isAdmin, spend, signWatchToken }) => {
      await spend('jobs', 1);
      const seconds = ttlSeconds ?? 900;
      if (seconds < 1 || seconds > maxTtlSeconds) {
        throw new JobError('BAD_USER_INPUT', { message: `ttlSeconds is 1 to ${maxTtlSeconds}.`, path: ['ttlSeconds'] });
      }
      if (signWatchToken === undefined) throw new JobError('WATCH_TOKENS_UNAVAILABLE');
      const job = await getJob(core, { owner, isAdmin, jobId });
      const expiresAt = Math.floor(Date.now() / 1000 + seconds) * 1000;
      return { token: await signWatchToken({ owner: job.owner, jobId: job.jobId, expiresAt }), expiresAt };
    },
  }),
);

/** The fields that a watch token may ask for, with the jobId that it is for. All others are refused, also those that are added later. */
const watching: ReadonlySet<string> = new Set(['job', 'waitForJob', 'jobStatusChanged', 'jobLogAdded']);

/** Guards each root field of the schema. */
export function guardWatchTokens(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (field.subscribe !== undefined) field.subscribe = guarded(field.name, field.subscribe);
      else if (field.resolve !== undefined) field.resolve = guarded(field.name, field.resolve);
    }
  }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, ApiContext, Readonly<Record<string, unknown>>>;

function guarded(name: string, resolve: Resolver): Resolver {
  return (root, given, context, info) => {
    const { onlyJobId } = context;
    if (onlyJobId !== undefined && !(watching.has(name) && given['jobId'] === onlyJobId)) {
      throw new JobError('FORBIDDEN', { message: 'This token lets its bearer watch one job, and nothing else.' });
    }
    return resolve(root, given, context, info);
  };
}
