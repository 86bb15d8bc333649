/** Handing in jobs: one, or many at once. */
import type { Connection } from './connection.ts';
import { errorOf, type JobTicketsError } from './errors.ts';
import { jobFields } from './job.ts';
import { randomKey } from './randomKey.ts';

export const createDocuments = {
  createJob: `mutation CreateJob($input: CreateJobInput!) { createJob(input: $input) { created job { ${jobFields} } } }`,
  createJobs: `mutation CreateJobs($input: CreateJobsInput!) { createJobs(input: $input) { results {
    created job { ${jobFields} } error { code message whatToDo path jobId retryAfterSeconds traceId } } } }`,
};

export interface CreatedJob<Created> {
  readonly job: Created;
  /** False if the key already had its job. */
  readonly created: boolean;
}

/** The result for one job of several. Each is independent of the others. */
export type CreateJobResult<Created> =
  | { readonly job: Created; readonly created: boolean; readonly error: null }
  | { readonly job: null; readonly created: false; readonly error: JobTicketsError };

interface Input {
  readonly idempotencyKey?: string | undefined;
}

/** The number per mutation, so that its answer stays within what an operation may cost. */
const batchSize = 50;

export async function createJob<Created>(
  connection: Connection,
  input: Input,
  signal: AbortSignal | undefined,
): Promise<CreatedJob<Created>> {
  const operation = { query: createDocuments.createJob, variables: { input: withKey(input) } };
  return (await connection.request<{ createJob: CreatedJob<Created> }>(operation, { signal })).createJob;
}

interface Result<Created> {
  readonly job: Created | null;
  readonly created: boolean;
  readonly error: Readonly<Record<string, unknown>> | null;
}

/** In the order of the inputs, however many there are. @throws {JobTicketsError} where the answer as a whole is an error. */
export async function createJobs<Created>(
  connection: Connection,
  inputs: readonly Input[],
  signal: AbortSignal | undefined,
): Promise<readonly CreateJobResult<Created>[]> {
  const keyed = inputs.map(withKey);
  const results: CreateJobResult<Created>[] = [];
  for (let start = 0; start < keyed.length; start += batchSize) {
    const variables = { input: { jobs: keyed.slice(start, start + batchSize) } };
    const answer = await connection.request<{ createJobs: { results: readonly Result<Created>[] } }>(
      { query: createDocuments.createJobs, variables },
      { signal },
    );
    results.push(...answer.createJobs.results.map(resultOf));
  }
  return results;
}

function resultOf<Created>({ job, created, error }: Result<Created>): CreateJobResult<Created> {
  return job === null ? { job: null, created: false, error: errorOf(error ?? {}) } : { job, created, error: null };
}

function withKey(input: Input): Input {
  return { ...input, idempotencyKey: input.idempotencyKey ?? randomKey() };
}
