/**
 * A backend service that cannot subscribe: hands in a report with an Idempotency-Key, then asks `waitForJob` until it
 * has ended. Plain fetch, no library.
 *   npx node docs/examples/backendService.ts [http://127.0.0.1:4000]
 * Where tokens are asked for it needs one, and the output lies in the owner's folder: docs/files.md, "Whose files".
 */
const api = `${process.argv[2] ?? 'http://127.0.0.1:4000'}/graphql`;

interface Job {
  readonly jobId: string;
  readonly status: 'PENDING' | 'PROCESSING' | 'SUCCEEDED' | 'FAILED' | 'FAILED_FINAL' | 'CANCELLED';
  readonly result: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

const fields = 'jobId status result error { code message }';

/** An order for the same report, repeated or tried again after a lost answer, returns the same job. */
const orderId = process.argv[3] ?? 'order-4711';
const { createJob } = await ask<{ createJob: { created: boolean; job: Job } }>(
  `mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { ${fields} } } }`,
  {
    input: {
      type: 'generate_report',
      params: {
        source: 's3://job-tickets/examples/sales.csv',
        output: 's3://job-tickets/out/sales.html',
        title: 'Sales by region',
        groupBy: 'region',
        value: 'amount',
      },
    },
  },
  { 'idempotency-key': `report-${orderId}` },
);
console.log(createJob.created ? 'handed in' : 'was handed in before', createJob.job.jobId);

const job = await ended(createJob.job.jobId);
console.log(job.status, JSON.stringify(job.result ?? job.error));
process.exitCode = job.status === 'SUCCEEDED' ? 0 : 1;

/** Each call waits up to 30 s on the server, so a job that takes hours costs two calls a minute. */
async function ended(jobId: string): Promise<Job> {
  for (;;) {
    const query = `query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 30) { ${fields} } }`;
    const { waitForJob: job } = await ask<{ waitForJob: Job }>(query, { jobId });
    if (job.status !== 'PENDING' && job.status !== 'PROCESSING') return job;
  }
}

/** Tries again when the server is away: an idempotency key makes that harmless for the mutation too. */
async function ask<Data>(query: string, variables: object, headers: Readonly<Record<string, string>> = {}): Promise<Data> {
  for (let tries = 1; ; tries += 1) {
    try {
      const response = await fetch(api, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(60_000),
      });
      const answer: unknown = await response.json();
      if (!isAnswer<Data>(answer)) throw new Error(`this is no GraphQL API: ${api}`);
      const { data, errors } = answer;
      if (errors === undefined && data !== undefined && data !== null) return data;
      throw new Error(errors?.map(({ message, extensions }) => `${extensions?.code ?? ''}: ${message}`).join('\n') ?? 'no data');
    } catch (error) {
      const isAway = error instanceof TypeError || (error instanceof Error && error.message.startsWith('SHUTTING_DOWN'));
      if (!isAway || tries === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * tries));
    }
  }
}

function isAnswer<Data>(value: unknown): value is Answer<Data> {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
}
