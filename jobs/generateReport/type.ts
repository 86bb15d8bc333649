/** `generate_report`: a CSV to an HTML report with totals and a chart. */
import { z } from 'zod';
import { defineJobType } from '../../core/jobType.ts';
import { atOutput, outputIsNotSource, s3Uri, writtenOutput } from '../files/fileParams.ts';

export const generateReport = defineJobType({
  name: 'generate_report',
  description: 'Turns a CSV into an HTML report with totals and a chart.',
  params: z
    .strictObject({
      source: s3Uri,
      output: s3Uri,
      title: z.string().min(1).max(200).default('Report'),
      groupBy: z.string().min(1).max(200).describe('The column whose values become the bars of the chart.'),
      value: z.string().min(1).max(200).describe('The numeric column that is summed.'),
    })
    .refine(outputIsNotSource, atOutput),
  result: z.object({ rows: z.int(), total: z.number(), groups: z.int(), ...writtenOutput }),
  policy: { timeoutSeconds: 900 },
  example: {
    source: 's3://job-tickets/examples/sales.csv',
    output: 's3://job-tickets/out/sales.html',
    title: 'Sales by region',
    groupBy: 'region',
    value: 'amount',
  },
});
