/** GraphiQL, served from this server alone, opening with an example of each operation. */
import type { JobTypes } from '../../core/jobType.ts';
import { graphqlPath } from '../graphqlPath.ts';
import { examples } from './examples.ts';

export interface GraphiQLPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** The page has 9 MB and never changes: it is loaded and built once, at the first request. */
export function createGraphiQL(jobTypes: JobTypes): () => Promise<GraphiQLPage> {
  let page: Promise<GraphiQLPage> | undefined;
  return () => (page ??= renderPage(jobTypes));
}

async function renderPage(jobTypes: JobTypes): Promise<GraphiQLPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Job Tickets',
    endpoint: graphqlPath,
    subscriptionsProtocol: 'WS',
    // Tokens are sent as a header and are not stored: the browser's storage can be read by anybody who uses the machine.
    shouldPersistHeaders: false,
    defaultTabs: examplesOf(jobTypes).map(({ query, variables }) => ({
      query: query.trim(),
      variables: JSON.stringify(variables, undefined, 2),
    })),
  });
  return { html, contentSecurityPolicy };
}

/** The browser then refuses anything that the page might load from elsewhere. */
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

export interface Example {
  readonly query: string;
  readonly variables?: object;
}

/** One tab each, in the order in which a reader would try them; each runs unchanged. */
export function examplesOf({ all: [first] }: JobTypes): readonly Example[] {
  if (first === undefined) return examples.map((query) => ({ query }));
  const { name, example } = first;
  return [
    { query: createJobExample, variables: { input: { type: name, params: example, priority: 'NORMAL', idempotencyKey: 'my-first-job' } } },
    ...examples.map((query) => ({ query })),
    {
      query: createJobsExample,
      variables: {
        input: {
          jobs: [
            { type: name, params: example, priority: 'HIGH' },
            { type: name, params: null },
            { type: name, params: example, priority: 'LOW' },
          ],
        },
      },
    },
    { query: pauseJobTypeExample, variables: { input: { type: name, reason: 'A repair.' } } },
    { query: resumeJobTypeExample, variables: { input: { type: name } } },
    { query: limitsExample, variables: { input: { type: name, concurrency: { perKey: 3, total: 50 } } } },
    { query: slotHoldersExample, variables: { type: name } },
    {
      query: createScheduleExample,
      variables: { input: { name: 'nightly', cron: '0 3 * * *', timeZone: 'Europe/Berlin', type: name, params: example } },
    },
  ];
}

const pauseJobTypeExample = `
# Keeps jobs of a type from starting, until it is resumed; for admins.
mutation PauseJobType($input: PauseJobTypeInput!) {
  pauseJobType(input: $input) { jobType { name isPaused pausedReason } }
}`;

const resumeJobTypeExample = `
mutation ResumeJobType($input: ResumeJobTypeInput!) {
  resumeJobType(input: $input) { jobType { name isPaused waiting } }
}`;

const limitsExample = `
# Sets how many of its jobs run at once; null: as the type says. For admins.
mutation UpdateJobTypeLimits($input: UpdateJobTypeLimitsInput!) {
  updateJobTypeLimits(input: $input) { jobType { name limits { perKey total rate { starts seconds burst } } } }
}`;

const slotHoldersExample = `
# The jobs that hold the slots of a limit; for admins.
query SlotHolders($type: String!) {
  slotHolders(type: $type, first: 10) { most taken someoneWaits holders { jobId owner startedAt } }
}`;

const createScheduleExample = `
# A job every night at three, also when the clocks change.
mutation CreateSchedule($input: CreateScheduleInput!) {
  createSchedule(input: $input) { schedule { scheduleId name nextRuns(first: 3) } }
}`;

const createJobExample = `
# Hands in a job, with the variables below.
# Copy its jobId into the other tabs.
# Run it again: the same key returns the same job.
mutation CreateJob($input: CreateJobInput!) {
  createJob(input: $input) {
    created
    job { jobId status priority createdAt }
  }
}`;

const createJobsExample = `
# Up to 100 jobs; each succeeds or fails by itself.
# The second one is refused, the others are not.
mutation CreateJobs($input: CreateJobsInput!) {
  createJobs(input: $input) {
    results {
      created
      job { jobId status }
      error { code message path whatToDo }
    }
  }
}`;
