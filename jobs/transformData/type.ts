/** `transform_data`: CSV to JSON Lines and back. */
import { z } from 'zod';
import { defineJobType } from '../../core/jobType.ts';
import { atOutput, outputIsNotSource, s3Uri, writtenOutput } from '../files/fileParams.ts';

export const transformData = defineJobType({
  name: 'transform_data',
  description: 'Turns CSV into JSON Lines, or JSON Lines into CSV, row by row.',
  params: z
    .strictObject({
      source: s3Uri,
      output: s3Uri,
      to: z.enum(['jsonl', 'csv']).describe('The format to write; the source is of the other one.'),
    })
    .refine(outputIsNotSource, atOutput),
  result: z.object({ rows: z.int(), ...writtenOutput }),
  policy: { timeoutSeconds: 900 },
  example: { source: 's3://job-tickets/examples/sales.csv', output: 's3://job-tickets/out/sales.jsonl', to: 'jsonl' },
});
