/** `transform_data`: CSV to JSON Lines and back. */
import { z } from 'zod';
import { defineJobType } from '../../core/jobType.ts';
import { inputUri, outputUri } from '../../core/objectUri.ts';
import { atOutput, delimiter, encoding, headers, outputIsNotSource, readAs, tolerated, writtenOutput } from '../files/fileParams.ts';

export const transformSummary = z.object({
  rows: z.int(),
  ...readAs,
  tolerated,
  escapedFormulas: z.int().describe('Cells written to CSV with an apostrophe in front.'),
});

export const transformData = defineJobType({
  name: 'transform_data',
  description: 'Turns CSV into JSON Lines, or JSON Lines into CSV, row by row.',
  params: z
    .strictObject({
      source: inputUri,
      output: outputUri,
      to: z.enum(['jsonl', 'csv']).describe('The format to write; the source has the other one.'),
      encoding,
      delimiter: delimiter.optional().describe('The delimiter of the CSV: guessed when CSV is read, a comma when it is written.'),
      headers,
      formulas: z
        .enum(['escape', 'keep'])
        .default('escape')
        .describe(
          'Whether text that a spreadsheet would run (=…, @…, +…, -…, but not plain numbers) gets an apostrophe in front when CSV is written.',
        ),
    })
    .refine(outputIsNotSource, atOutput),
  result: z.object({ ...transformSummary.shape, ...writtenOutput }),
  policy: { timeoutSeconds: 900 },
  example: { source: 's3://job-tickets/examples/sales.csv', output: 's3://job-tickets/out/sales.jsonl', to: 'jsonl' },
});
