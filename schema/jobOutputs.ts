/** The files that a job wrote, as clients find them. */
import { outputsOf, type JobOutput } from '../core/usecases/jobOutputs.ts';
import { builder } from './builder.ts';
import { JobType } from './job.ts';
import { loadPayload } from './payloadLoader.ts';

type OutputOfJob = JobOutput & { readonly jobId: string };

const JobOutputType = builder.objectRef<OutputOfJob>('JobOutput').implement({
  description: 'A file that a job wrote.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Of the param that names it.' }),
    uri: t.exposeString('uri', { description: 'Where it lies, as the param says.' }),
    downloadPath: t.string({
      description: 'Where this server gives it out, by GET with the same `Authorization` as this request.',
      resolve: ({ jobId, name }) => `/jobs/${encodeURIComponent(jobId)}/outputs/${encodeURIComponent(name)}`,
    }),
  }),
});

/** The params are loaded for it. */
const outputsCost = { field: 10, multiplier: 5 };

builder.objectField(JobType, 'outputs', (t) =>
  t.field({
    type: [JobOutputType],
    complexity: outputsCost,
    description: 'The files that it wrote, once it has SUCCEEDED, as its type marks them among the params.',
    resolve: async (job, _arguments, context) => {
      if (job.status !== 'SUCCEEDED') return [];
      const outputs = outputsOf(context.core, job, await loadPayload(context, job.params));
      return outputs.map((output) => ({ ...output, jobId: job.jobId }));
    },
  }),
);
