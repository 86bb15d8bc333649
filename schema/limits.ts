/** Limits of a type, as clients read and set them. */
import type { JobType } from '../core/jobType.ts';
import { burstOf } from '../core/startRate.ts';
import { limitsOf, maxConcurrency, maxSeconds, maxStarts, totalKey, type TypeLimits } from '../core/typeLimits.ts';
import { slotsKind } from '../core/usecases/holdSlot.ts';
import { readLimits } from '../core/usecases/limitsInForce.ts';
import { setLimits } from '../core/usecases/setLimits.ts';
import { builder } from './builder.ts';
import { JobTypeType } from './jobTypeInfo.ts';
import { knownType, requireOperator } from './pause.ts';

const said = {
  perKey: 'How many jobs of one key may run at once.',
  total: 'How many jobs of the type may run at once.',
  starts: 'How many attempts of one key may begin within `seconds`.',
  seconds: 'The length of the window.',
  burst: 'How many more may begin at once after a time without starts.',
};

const JobTypeRateType = builder.objectRef<NonNullable<TypeLimits['rate']>>('JobTypeRate').implement({
  description: 'How often attempts at jobs of a type may begin: in no window of `seconds` more than `starts` and `burst` together.',
  fields: (t) => ({
    starts: t.exposeInt('starts', { description: said.starts }),
    seconds: t.exposeFloat('seconds', { description: said.seconds }),
    burst: t.int({ description: said.burst, resolve: burstOf }),
  }),
});

const JobTypeLimitsType = builder.objectRef<TypeLimits>('JobTypeLimits').implement({
  description: 'What jobs of a type may use. Null: there is no such limit.',
  fields: (t) => ({
    perKey: t.int({ nullable: true, description: said.perKey, resolve: ({ concurrency }) => concurrency?.perKey }),
    total: t.int({ nullable: true, description: said.total, resolve: ({ concurrency }) => concurrency?.total }),
    rate: t.expose('rate', { type: JobTypeRateType, nullable: true, description: 'How often attempts may begin, by key.' }),
  }),
});

builder.objectFields(JobTypeType, (t) => ({
  limits: t.field({
    type: JobTypeLimitsType,
    description: 'The limits of the type, as they were last set or as the type’s code says.',
    resolve: async (type, _, { core }) => limitsOf(type.name, type, await readLimits(core)),
  }),
  running: t.int({
    nullable: true,
    description: 'How many of its jobs run, or are about to; null where it has no limit `total`.',
    resolve: async (type, _, { core }) => {
      if (limitsOf(type.name, type, await readLimits(core)).concurrency?.total === undefined) return null;
      return Object.keys((await core.table.entries.get(slotsKind, totalKey(type.name)))?.value.holders ?? {}).length;
    },
  }),
}));

const JobTypeConcurrencyInputType = builder.inputType('JobTypeConcurrencyInput', {
  description: `How many jobs may run at once, 1 to ${maxConcurrency}. A field that is left out has the value of the type’s code.`,
  fields: (t) => ({ perKey: t.int({ description: said.perKey }), total: t.int({ description: said.total }) }),
});

const JobTypeRateInputType = builder.inputType('JobTypeRateInput', {
  description: 'How often attempts may begin.',
  fields: (t) => ({
    starts: t.int({ required: true, description: `${said.starts} 1 to ${maxStarts}.` }),
    seconds: t.float({ required: true, description: `${said.seconds} At most ${maxSeconds}.` }),
    burst: t.int({ description: `${said.burst} Default: a tenth of \`starts\`, at least 1.` }),
  }),
});

const UpdateJobTypeLimitsInputType = builder.inputType('UpdateJobTypeLimitsInput', {
  description: 'The limits of a type. A field that is left out is unchanged; null: the value of the type’s code.',
  fields: (t) => ({
    type: t.string({ required: true, description: 'Its name; see `jobTypes`.' }),
    concurrency: t.field({ type: JobTypeConcurrencyInputType, description: 'How many of its jobs may run at once.' }),
    rate: t.field({ type: JobTypeRateInputType, description: 'How often their attempts may begin.' }),
  }),
});

const UpdateJobTypeLimitsPayloadType = builder.objectRef<{ readonly jobType: JobType }>('UpdateJobTypeLimitsPayload').implement({
  description: 'The result of `setJobTypeLimits`.',
  fields: (t) => ({ jobType: t.expose('jobType', { type: JobTypeType, description: 'The type, as it is now.' }) }),
});

builder.mutationFields((t) => ({
  updateJobTypeLimits: t.field({
    type: UpdateJobTypeLimitsPayloadType,
    description:
      'Sets what jobs of a type may use, until it is set again. Workers apply it within 5 seconds; running jobs go on. Needs the scope `admin`.',
    args: { input: t.arg({ type: UpdateJobTypeLimitsInputType, required: true, description: 'The type and its limits.' }) },
    resolve: async (_root, { input: { type, concurrency, rate } }, context) => {
      await context.spend('jobs', 1);
      requireOperator(context);
      const jobType = knownType(context, type);
      await setLimits(context.core, type, {
        concurrency: concurrency && { perKey: concurrency.perKey ?? undefined, total: concurrency.total ?? undefined },
        rate: rate && { ...rate, burst: rate.burst ?? undefined },
      });
      return { jobType };
    },
  }),
}));
