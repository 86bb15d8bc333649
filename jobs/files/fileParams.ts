/** Params and results that types on files share: uris, how text is read, and what is told of it. */
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
  .describe('The encoding of the source. Guessed among UTF-8 and UTF-16 where it is absent; the others are never guessed.');
export const delimiter = z.enum(delimiters);
export const headers = z
  .boolean()
  .default(true)
  .describe('Whether the first row names the columns; without, they are column_1, column_2, …');

/** Which encoding and delimiter were read, told or guessed. */
export const readAs = { encoding: z.enum(encodings), delimiter: z.string() };

/** What was read though it is not as it should be, and how often. Nothing is lost by it. */
export const tolerated = z.object({
  blankLines: z.int(),
  looseQuotes: z.int().describe('Cells with a quote that does not enclose them, or with spaces around their quotes.'),
  emptyLastFields: z.int().describe('Rows that end in empty fields beyond the last column.'),
  endMarks: z.int().describe('Ctrl-Z characters at the end.'),
});
