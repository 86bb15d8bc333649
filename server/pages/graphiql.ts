/** GraphiQL from this server alone, nothing from elsewhere, opening with an example of each operation. */
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { graphqlPath } from '../execution/graphql.ts';

/** The page is 9 MB and always the same: made once. */
export function renderGraphiQLPage(): { readonly html: string; readonly contentSecurityPolicy: string } {
  const html = renderGraphiQL({
    title: 'Job Tickets',
    endpoint: graphqlPath,
    subscriptionsProtocol: 'WS',
    shouldPersistHeaders: true,
    defaultTabs: examples.map((query) => ({ query: query.trim() })),
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

/** A tab each, in the order one would try them. Literals and no variables, so that each can be run as it stands. */
export const examples: readonly string[] = [
  `
# Hands in a job. Copy its jobId into the other tabs.
# Run it again: the same key gives the same job.
mutation CreateJob {
  createJob(
    input: {
      type: "simulate_work"
      params: { durationMs: 20000, steps: 40 }
      priority: NORMAL
      idempotencyKey: "my-first-job"
    }
  ) {
    created
    job { jobId status priority createdAt }
  }
}`,
  `
# Pushes whatever happens to your jobs: run it, open this
# page a second time and create jobs there.
# With (jobId: "…"): that job, until it is final.
subscription Watch {
  jobStatusChanged {
    jobId version status previousStatus attempt progress at recovered
    error { code message }
  }
}`,
  `
query Job {
  job(jobId: "paste a jobId here") {
    jobId type status priority params result progress attempts version generation
    traceId idempotencyKey createdAt updatedAt startedAt finishedAt expiresAt
    error { code message attempt at }
    history { version status at attempt error { code message } }
  }
}`,
  `
# Newest first. Next page: after: "<endCursor of this one>".
query Jobs {
  jobs(first: 10, filter: { status: [PENDING, PROCESSING, SUCCEEDED] }) {
    edges { cursor node { jobId type status createdAt finishedAt } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `
# What kinds of work there are, and what they take.
query JobTypes {
  jobTypes { name description example paramsSchema resultSchema policy { timeoutSeconds } }
}`,
  `
query JobByIdempotencyKey {
  jobByIdempotencyKey(idempotencyKey: "my-first-job") { jobId status createdAt }
}`,
  `
# Answers when the job is final, or after timeoutSeconds.
query WaitForJob {
  waitForJob(jobId: "paste a jobId here", timeoutSeconds: 30) {
    jobId status result
    error { code message }
  }
}`,
  `
# Up to 100 jobs; each stands for itself.
# The second one is refused, the others are not.
mutation CreateJobs {
  createJobs(
    inputs: [
      { type: "simulate_work", params: { durationMs: 500 }, priority: HIGH }
      { type: "simulate_work", params: { durationMs: -1 } }
      { type: "simulate_work", params: { failAttempts: 2 }, priority: LOW }
    ]
  ) {
    created
    job { jobId status }
    error { code message path whatToDo }
  }
}`,
  `
# Begins anew what is FAILED, FAILED_FINAL, CANCELLED, or stuck.
mutation RetryJob {
  retryJob(jobId: "paste a jobId here") { jobId status generation version }
}`,
  `
# Cancels a waiting job at once, a running one within a heartbeat.
mutation CancelJob {
  cancelJob(jobId: "paste a jobId here") { jobId status }
}`,
];
