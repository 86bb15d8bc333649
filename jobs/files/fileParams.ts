/** Params and results that types on files share: uris of sources and outputs, and what is told of a written output. */
import { z } from 'zod';

/** The hyphen is escaped since browsers read a form's patterns with the flag `v`. */
const bucket = '[a-z0-9][a-z0-9.\\-]{1,61}[a-z0-9]';

/** S3's naming rules for buckets; keys of at most 1,024 bytes, without `.` and `..` segments. */
export const s3Uri = z
  .string()
  .max(1100)
  .regex(new RegExp(`^s3://${bucket}/[^\\s].*$`), 'must look like s3://bucket/key')
  .refine((uri) => !uri.split('/').some((segment) => segment === '..' || segment === '.'), 'must not contain . or .. segments');

/** A retry would read what the first attempt wrote. */
export const outputIsNotSource = ({ source, output }: { readonly source: string; readonly output?: string | undefined }): boolean =>
  output !== source;
export const atOutput = { path: ['output'], error: 'must not be the source' };

export const writtenOutput = { output: s3Uri, bytes: z.int(), sha256: z.string() };
