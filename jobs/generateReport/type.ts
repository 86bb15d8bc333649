/** `generate_report`: a CSV to an HTML report with totals and a chart. */
import { z } from 'zod';
import { defineJobType } from '../../core/jobType.ts';
import { inputUri, outputUri } from '../../core/objectUri.ts';
import { atOutput, delimiter, encoding, headers, outputIsNotSource, readAs, tolerated, writtenOutput } from '../files/fileParams.ts';

const total = z.union([z.number(), z.string()]).describe('Exact: a string where a JSON number could not represent it.');

export const reportSummary = z.object({
  rows: z.int(),
  total,
  groups: z.int(),
  top: z.array(z.object({ name: z.string(), rows: z.int(), total })).describe('The groups that the chart shows, by absolute total.'),
  others: z.object({ groups: z.int(), rows: z.int(), total }).describe('The sum of the groups that are not in `top`.'),
  skipped: z
    .object({ empty: z.int(), notAvailable: z.int() })
    .describe('Cells that add nothing: empty ones, and NA, null, - and the like.'),
  converted: z
    .object({ thousands: z.int(), currency: z.int(), parentheses: z.int(), percent: z.int() })
    .describe('Cells read as amounts although they are not plain numbers: 1,234; $12.50; (12.5); 12%.'),
  mergedNames: z.int().describe('Spellings of a group’s name that look the same as its first one.'),
  ...readAs,
  tolerated,
});

export const generateReport = defineJobType({
  name: 'generate_report',
  description: 'Turns a CSV into an HTML report with totals and a chart.',
  params: z
    .strictObject({
      source: inputUri,
      output: outputUri,
      title: z.string().min(1).max(200).default('Report'),
      groupBy: z.string().min(1).max(200).describe('The column whose values become the bars of the chart.'),
      value: z.string().min(1).max(200).describe('The numeric column that is summed.'),
      encoding,
      delimiter: delimiter.optional().describe('If absent, it is guessed.'),
      headers,
      decimal: z.enum(['.', ',']).default('.').describe('The decimal separator of numbers.'),
    })
    .refine(outputIsNotSource, atOutput),
  result: z.object({ ...reportSummary.shape, ...writtenOutput }),
  policy: { timeoutSeconds: 900 },
  example: {
    source: 's3://job-tickets/examples/sales.csv',
    output: 's3://job-tickets/out/sales.html',
    title: 'Sales by region',
    groupBy: 'region',
    value: 'amount',
  },
});
