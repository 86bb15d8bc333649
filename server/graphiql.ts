/** GraphiQL from this server alone, nothing from elsewhere, opening with an example of each operation. */
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { graphqlPath } from './graphql.ts';

/** The page is 9 MB and always the same: made once. */
export function renderGraphiQLPage(): { readonly html: string; readonly contentSecurityPolicy: string } {
  const html = renderGraphiQL({
    title: 'Job Tickets',
    endpoint: graphqlPath,
    subscriptionsProtocol: 'WS',
    shouldPersistHeaders: true,
    defaultTabs: examples.map(({ query, variables }) => ({
      query: query.trim(),
      ...(variables === undefined ? {} : { variables: JSON.stringify(variables, undefined, 2) }),
    })),
  });
  return { html, contentSecurityPolicy };
}

/** The browser itself then refuses whatever the page might try to load from outside. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self' data:",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Example {
  readonly query: string;
  readonly variables?: object;
}

const jobId = { jobId: 'paste a jobId here' };

/** A tab each, in the order one would try them. */
export const examples: readonly Example[] = [
  {
    query: `
# Hands in a job. Copy the jobId of the answer into the other tabs.
# The same idempotencyKey gives the same job again.
mutation CreateJob($input: CreateJobInput!) {
  createJob(input: $input) {
    created
    job { jobId status priority createdAt }
  }
}`,
    variables: { input: { type: 'simulate_work', params: { durationMs: 10_000, steps: 20 }, priority: 'NORMAL', idempotencyKey: 'my-first-job' } },
  },
  {
    query: `
# Pushes each change of the job's status, and its progress, until it is final.
# Without jobId: whatever happens to any of your jobs.
subscription Watch($jobId: ID, $afterVersion: Int) {
  jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) {
    jobId version status previousStatus attempt progress at recovered
    error { code message }
  }
}`,
    variables: {},
  },
  {
    query: `
query Job($jobId: ID!) {
  job(jobId: $jobId) {
    jobId type status priority params result progress attempts version generation traceId idempotencyKey
    createdAt updatedAt startedAt finishedAt expiresAt
    error { code message attempt at }
    history { version status at attempt error { code message } }
  }
}`,
    variables: jobId,
  },
  {
    query: `
# Newest first. For the next page pass pageInfo.endCursor as after.
query Jobs($filter: JobsFilter, $first: Int, $after: String) {
  jobs(filter: $filter, first: $first, after: $after) {
    edges { cursor node { jobId type status createdAt finishedAt } }
    pageInfo { hasNextPage endCursor }
  }
}`,
    variables: { filter: {}, first: 10 },
  },
  {
    query: `
# What kinds of work there are, with the JSON Schema of their params.
query JobTypes {
  jobTypes { name description paramsSchema resultSchema example policy { timeoutSeconds } }
}`,
  },
  {
    query: `
query JobByIdempotencyKey($idempotencyKey: String!) {
  jobByIdempotencyKey(idempotencyKey: $idempotencyKey) { jobId status createdAt }
}`,
    variables: { idempotencyKey: 'my-first-job' },
  },
  {
    query: `
# Answers when the job is final, or with its present state after timeoutSeconds.
query WaitForJob($jobId: ID!) {
  waitForJob(jobId: $jobId, timeoutSeconds: 30) { jobId status result error { code message } }
}`,
    variables: jobId,
  },
  {
    query: `
# Up to 100 jobs; each stands for itself. The second one fails here, the others do not.
mutation CreateJobs($inputs: [CreateJobInput!]!) {
  createJobs(inputs: $inputs) {
    created
    job { jobId status }
    error { code message path whatToDo }
  }
}`,
    variables: {
      inputs: [
        { type: 'simulate_work', params: { durationMs: 500 }, priority: 'HIGH' },
        { type: 'simulate_work', params: { durationMs: -1 } },
        { type: 'simulate_work', params: { failAttempts: 2 }, priority: 'LOW' },
      ],
    },
  },
  {
    query: `
# Begins anew what is FAILED, FAILED_FINAL, CANCELLED, or stuck.
mutation RetryJob($jobId: ID!) {
  retryJob(jobId: $jobId) { jobId status generation version }
}`,
    variables: jobId,
  },
  {
    query: `
mutation CancelJob($jobId: ID!) {
  cancelJob(jobId: $jobId) { jobId status }
}`,
    variables: jobId,
  },
];
