/** The holders of a limit's slots, as operators read them. */
import { mostHolders, slotHolders, type SlotUse } from '../core/usecases/slotHolders.ts';
import { badInput } from '../core/text.ts';
import { builder } from './builder.ts';
import { JobType } from './job.ts';
import { knownType, requireOperator } from './pause.ts';

const SlotUseType = builder.objectRef<SlotUse>('SlotUse').implement({
  description: 'How much of a limit on running jobs is in use.',
  fields: (t) => ({
    most: t.exposeInt('most', { description: 'How many jobs may run at once.' }),
    taken: t.exposeInt('taken', { description: 'How many jobs run, or are about to.' }),
    someoneWaits: t.exposeBoolean('someoneWaits', { description: 'Whether a job waits for a slot.' }),
    holders: t.expose('holders', { type: [JobType], description: 'The jobs that have a slot, the oldest first.' }),
  }),
});

const defaultHolders = 20;

builder.queryField('slotHolders', (t) =>
  t.field({
    type: SlotUseType,
    nullable: true,
    description:
      'The holders of the slots of a type, or of one key of it; null where there is no such limit. Needs the scope `admin`: else FORBIDDEN.',
    args: {
      type: t.arg.string({ required: true, description: 'The job type’s name; see `jobTypes`.' }),
      concurrencyKey: t.arg.string({
        description: 'As in `Job.concurrencyKey`; `""`: jobs without a key. If left out: the slots of the whole type (`limits.total`).',
      }),
      first: t.arg.int({ defaultValue: defaultHolders, description: `How many holders, 0 to ${mostHolders}.` }),
    },
    complexity: ({ first }) => ({ field: 5, multiplier: Math.min(Math.max(first ?? defaultHolders, 0), mostHolders) }),
    resolve: async (_root, { type, concurrencyKey, first }, context) => {
      requireOperator(context);
      const many = first ?? defaultHolders;
      if (many < 0 || many > mostHolders) throw badInput(`is 0 to ${mostHolders}`, ['first']);
      const { name } = knownType(context, type);
      const wanted = { type: name, concurrencyKey: concurrencyKey ?? undefined, first: many, signal: context.signal };
      return slotHolders(context.core, wanted);
    },
  }),
);
