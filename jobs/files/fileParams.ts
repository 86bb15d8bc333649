/** Params and results that types on files share: uris, how text is read, and what was noticed while reading. */
import { z } from 'zod';
import { s3Uri } from '../../core/objectUri.ts';
import { delimiters } from './csv/delimiter.ts';
import { encodings } from './text/encoding.ts';

/** A retry would read what the first attempt wrote. */
export const outputIsNotSource = ({ source, output }: { readonly source: string; readonly output?: string | undefined }): boolean =>
  output !== source;
export const atOutput = { path: ['output'], error: 'must not be the source' };

export const writtenOutput = { output: s3Uri, bytes: z.int(), sha256: z.string() };

export const encoding = z
  .enum(encodings)
  .optional()
  .describe('The encoding of the source. If absent, it is guessed, but only UTF-8 and UTF-16.');
export const delimiter = z.enum(delimiters);
export const headers = z
  .boolean()
  .default(true)
  .describe('Whether the first row contains the names of the columns; if not, they are column_1, column_2, …');

/** The encoding and the delimiter that were used, given or guessed. */
export const readAs = { encoding: z.enum(encodings), delimiter: z.string() };

/** Deviations from the format that were accepted, and how often. Nothing is lost by them. */
export const tolerated = z.object({
  blankLines: z.int(),
  looseQuotes: z.int().describe('Cells with a quote that does not enclose them, or with spaces around their quotes.'),
  emptyLastFields: z.int().describe('Rows with empty fields after the last column.'),
  endMarks: z.int().describe('Ctrl-Z characters at the end.'),
});
