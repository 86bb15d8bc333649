/**
 * The job types: name, schema of the params, schema of the result, policy. A handler for each stands in
 * `worker/handlers/`; a type without one does not compile. The API's `jobTypes`, the checks of params and the
 * dashboard's forms all read this table.
 */
import { z } from 'zod';
import type { JsonValue } from './job.ts';

/** How a type's attempts are made. What is absent is the worker's default (`ATTEMPTS_PER_RECEIVE`, `BACKOFF_*`). */
export interface JobPolicy {
  /** An attempt that runs longer is aborted and counts as failed. */
  readonly timeoutSeconds: number;
  readonly attemptsPerReceive?: number;
  readonly backoffBaseMs?: number;
  readonly backoffMaxMs?: number;
}

interface JobTypeDefinition {
  readonly description: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly policy: JobPolicy;
  /** Params to start from, in GraphiQL and in the dashboard. */
  readonly example: object;
}

/** Any JSON, as it is: what is checked here has been parsed from JSON, and Zod's own `json` drops a key called `__proto__`. */
const json = z.custom<JsonValue>();

const bucket = '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]';

/** S3's naming rules for buckets; keys of at most 1,024 bytes, without `.` and `..` segments. */
const s3Uri = z
  .string()
  .max(1100)
  .regex(new RegExp(`^s3://${bucket}/[^\\s].*$`), 'must look like s3://bucket/key')
  .refine((uri) => !uri.split('/').some((segment) => segment === '..' || segment === '.'), 'must not contain . or .. segments');

const outputIsNotSource = ({ source, output }: { readonly source: string; readonly output?: string | undefined }) => output !== source;
/** A retry would read what the first attempt wrote. */
const atOutput = { path: ['output'], error: 'must not be the source' };

const output = { output: s3Uri, bytes: z.int(), sha256: z.string() };

export const jobTypes = {
  simulate_work: {
    description: 'Waits, reports progress and fails as told: for exploration, load and fault tests.',
    params: z.strictObject({
      durationMs: z.int().min(0).max(60_000).default(0).describe('How long each attempt works, in milliseconds.'),
      failAttempts: z.int().min(0).default(0).describe('This many attempts fail before one succeeds.'),
      failPermanently: z.boolean().default(false).describe('Fail in a way that no further attempt can mend.'),
      steps: z.int().min(0).max(1000).default(0).describe('Progress reports, spread over the duration.'),
      payload: json.optional().describe('Given back in the result.'),
    }),
    result: z.object({ attempts: z.int(), sleptMs: z.number(), payload: json.optional() }),
    policy: { timeoutSeconds: 120 },
    example: { durationMs: 3000, steps: 10 },
  },
  process_document: {
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
  },
  transform_data: {
    description: 'Turns CSV into JSON Lines, or JSON Lines into CSV, row by row.',
    params: z
      .strictObject({
        source: s3Uri,
        output: s3Uri,
        to: z.enum(['jsonl', 'csv']).describe('The format to write; the source is of the other one.'),
      })
      .refine(outputIsNotSource, atOutput),
    result: z.object({ rows: z.int(), ...output }),
    policy: { timeoutSeconds: 900 },
    example: { source: 's3://job-tickets/examples/sales.csv', output: 's3://job-tickets/out/sales.jsonl', to: 'jsonl' },
  },
  generate_report: {
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
    result: z.object({ rows: z.int(), total: z.number(), groups: z.int(), ...output }),
    policy: { timeoutSeconds: 900 },
    example: {
      source: 's3://job-tickets/examples/sales.csv',
      output: 's3://job-tickets/out/sales.html',
      title: 'Sales by region',
      groupBy: 'region',
      value: 'amount',
    },
  },
} as const satisfies Record<string, JobTypeDefinition>;

export type JobTypeName = keyof typeof jobTypes;
export type ParamsOf<Name extends JobTypeName> = z.infer<(typeof jobTypes)[Name]['params']>;
export type ResultOf<Name extends JobTypeName> = z.infer<(typeof jobTypes)[Name]['result']>;

export const jobTypeNames = Object.keys(jobTypes).filter(isJobTypeName);

export function isJobTypeName(name: string): name is JobTypeName {
  return Object.hasOwn(jobTypes, name);
}

/** Says to the type checker what each type's schema parses. */
const paramsSchemas: { readonly [Name in JobTypeName]: { readonly params: z.ZodType<ParamsOf<Name>> } } = jobTypes;

/** The params with their defaults, or what is wrong with them. */
export function parseParams<Name extends JobTypeName>(name: Name, params: unknown): z.ZodSafeParseResult<ParamsOf<Name>> {
  return paramsSchemas[name].params.safeParse(params);
}

export function policyOf(name: JobTypeName): JobPolicy {
  return jobTypes[name].policy;
}
