/** The files that a job wrote, as clients read them. */
import { outputsOf, type JobOutput } from '../core/usecases/jobOutputs.ts';
import { builder } from './builder.ts';
import { JobType } from './job.ts';
import { loadPayload } from './payloadLoader.ts';

type OutputOfJob = JobOutput & { readonly jobId: string };

const JobOutputType = builder.objectRef<OutputOfJob>('JobOutput').implement({
  description: 'A file that a job wrote.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the param that holds its address.' }),
    uri: t.exposeString('uri', { description: 'Its address, as the param has it.' }),
    downloadPath: t.string({
      description: 'The address at which this server serves it, by GET with the same `Authorization` as this request.',
      resolve: ({ jobId, name }) => `/jobs/${encodeURIComponent(jobId)}/outputs/${encodeURIComponent(name)}`,
    }),
  }),
});

/** Its params are loaded for this. */
const outputsCost = { field: 10, multiplier: 5 };

builder.objectField(JobType, 'outputs', (t) =>
  t.field({
    type: [JobOutputType],
    complexity: outputsCost,
    description: 'The files that it wrote, once it has SUCCEEDED: the params that its type marks as outputs.',
    resolve: async (job, _arguments, context) => {
      if (job.status !== 'SUCCEEDED') return [];
      const outputs = outputsOf(context.core, job, await loadPayload(context, job.params));
      return outputs.map((output) => ({ ...output, jobId: job.jobId }));
    },
  }),
);
