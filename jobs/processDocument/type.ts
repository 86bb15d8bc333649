/** `process_document`: a PDF or a text file: its pages, words, checksum and text. */
import { z } from 'zod';
import { defineJobType } from '../../core/jobType.ts';
import { atOutput, outputIsNotSource, s3Uri } from '../files/fileParams.ts';

export const processDocument = defineJobType({
  name: 'process_document',
  description: 'Reads a PDF or a text file from S3: pages, words, checksum and the text.',
  params: z
    .strictObject({
      source: s3Uri.describe('The document, a PDF or UTF-8 text.'),
      output: s3Uri.optional().describe('Where to write the whole text.'),
    })
    .refine(outputIsNotSource, atOutput),
  result: z.object({
    kind: z.enum(['pdf', 'text']),
    pages: z.int(),
    words: z.int(),
    bytes: z.int(),
    sha256: z.string(),
    text: z.string().describe('The first 10,000 characters.'),
    textTruncated: z.boolean(),
    output: s3Uri.optional(),
  }),
  policy: { timeoutSeconds: 300 },
  example: { source: 's3://job-tickets/examples/document.pdf' },
});
