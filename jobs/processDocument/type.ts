/** `process_document`: reads a PDF or a text file: its pages, words, checksum and text. */
import { z } from 'zod';
import { defineJobType } from '../../core/jobType.ts';
import { inputUri, outputUri, s3Uri } from '../../core/objectUri.ts';
import { atOutput, encoding, outputIsNotSource } from '../files/fileParams.ts';
import { encodings } from '../files/text/encoding.ts';

export const documentSummary = z.object({
  kind: z.enum(['pdf', 'text']),
  pages: z.int(),
  words: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  text: z.string().describe('The first 10,000 characters.'),
  textTruncated: z.boolean(),
  encoding: z.enum(encodings).optional().describe('Of a text: the encoding, given or guessed.'),
  damage: z.array(z.string()).describe('Of a PDF: damage that could be ignored, as viewers do; at most 20 messages.'),
});

export const processDocument = defineJobType({
  name: 'process_document',
  description: 'Reads a PDF or a text file from S3: pages, words, checksum and the text.',
  params: z
    .strictObject({
      source: inputUri.describe('The document, a PDF or a text.'),
      output: outputUri.optional().describe('Where to write the whole text, in UTF-8.'),
      encoding,
    })
    .refine(outputIsNotSource, atOutput),
  result: z.object({ ...documentSummary.shape, output: s3Uri.optional() }),
  policy: { timeoutSeconds: 300 },
  example: { source: 's3://job-tickets/examples/document.pdf' },
});
