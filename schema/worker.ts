/** The workers that run, as operators read them, and whether one knows a type. */
import type { WorkerInfo } from '../core/usecases/heartbeats.ts';
import { listWorkers } from '../core/usecases/workers.ts';
import { builder } from './builder.ts';
import { JobTypeType } from './jobTypeInfo.ts';
import { requireOperator } from './pause.ts';

const WorkerType = builder.objectRef<WorkerInfo>('Worker').implement({
  description: 'A worker that runs. One that dies is shown for a minute or so.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Of this run of it; begins with the name of its machine.' }),
    version: t.exposeString('version', { nullable: true, description: 'Of its program: its setting VERSION.' }),
    types: t.exposeStringList('types', { description: 'The names of the types it has handlers for.' }),
    slots: t.exposeInt('slots', { description: 'Jobs it runs at a time.' }),
    running: t.exposeInt('running', { description: 'Jobs it ran when it last told, which it does three times a minute.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When it began.' }),
  }),
});

/** Each is read. */
const workersCost = { field: 10, multiplier: 10 };

builder.queryField('workers', (t) =>
  t.field({
    type: [WorkerType],
    complexity: workersCost,
    description: 'The workers that run, a thousand at most. Needs the scope `admin`: else FORBIDDEN.',
    resolve: async (_root, _arguments, context) => {
      requireOperator(context);
      return [...(await listWorkers(context.core))];
    },
  }),
);

builder.objectField(JobTypeType, 'hasWorker', (t) =>
  t.boolean({
    description: 'Whether a worker that runs has a handler for it. Where none has, its jobs wait (NO_WORKER).',
    resolve: ({ name }, _arguments, { workers }) => workers.knowsType(name),
  }),
);
