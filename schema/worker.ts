/** The running workers, as operators read them, and whether one of them knows a type. */
import type { WorkerInfo } from '../core/usecases/heartbeats.ts';
import { listWorkers } from '../core/usecases/workers.ts';
import { builder } from './builder.ts';
import { JobTypeType } from './jobTypeInfo.ts';
import { requireOperator } from './pause.ts';

const WorkerType = builder.objectRef<WorkerInfo>('Worker').implement({
  description: 'A running worker. One that has died is shown for about a minute.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of this run of it; begins with the name of its machine.' }),
    version: t.exposeString('version', { nullable: true, description: 'The version of its program: its setting VERSION.' }),
    types: t.exposeStringList('types', { description: 'The names of the types it has handlers for.' }),
    slots: t.exposeInt('slots', { description: 'The number of jobs that it runs at once.' }),
    running: t.exposeInt('running', { description: 'The number of jobs that it ran at its last heartbeat; there are three per minute.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When it began.' }),
  }),
});

/** Every worker's entry is read. */
const workersCost = { field: 10, multiplier: 10 };

builder.queryField('workers', (t) =>
  t.field({
    type: [WorkerType],
    complexity: workersCost,
    description: 'The running workers, a thousand at most. Needs the scope `admin`: else FORBIDDEN.',
    resolve: async (_root, _arguments, context) => {
      requireOperator(context);
      return [...(await listWorkers(context.core))];
    },
  }),
);

builder.objectField(JobTypeType, 'hasWorker', (t) =>
  t.boolean({
    description: 'Whether a running worker has a handler for it. If none has, its jobs wait (NO_WORKER).',
    resolve: ({ name }, _arguments, { workers }) => workers.knowsType(name),
  }),
);
