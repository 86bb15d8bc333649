/** GraphiQL from this server alone, nothing from elsewhere, opening with an example of each operation. */
import type { JobTypes } from '../../core/jobType.ts';
import { graphqlPath } from '../graphqlPath.ts';

export interface GraphiQLPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** The page is 9 MB and always the same: loaded and made once, for the first who asks for it. */
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
    // A token is a header, and the browser's storage is anybody's who sits down there.
    shouldPersistHeaders: false,
    defaultTabs: examplesOf(jobTypes).map(({ query, variables }) => ({
      query: query.trim(),
      variables: JSON.stringify(variables, undefined, 2),
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

export interface Example {
  readonly query: string;
  readonly variables?: object;
}

/** A tab each, in the order one would try them, each to be run as it stands. */
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
# How many of its jobs run at once; null: as the type says. For admins.
mutation UpdateJobTypeLimits($input: UpdateJobTypeLimitsInput!) {
  updateJobTypeLimits(input: $input) { jobType { name limits { perKey total rate { starts seconds burst } } } }
}`;

const createScheduleExample = `
# A job every night at three, whatever the clocks do.
mutation CreateSchedule($input: CreateScheduleInput!) {
  createSchedule(input: $input) { schedule { scheduleId name nextRuns(first: 3) } }
}`;

const createJobExample = `
# Hands in a job, as the variables below say.
# Copy its jobId into the other tabs.
# Run it again: the same key gives the same job.
mutation CreateJob($input: CreateJobInput!) {
  createJob(input: $input) {
    created
    job { jobId status priority createdAt }
  }
}`;

const createJobsExample = `
# Up to 100 jobs; each stands for itself.
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

const examples: readonly string[] = [
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
# Begins anew what is FAILED, FAILED_FINAL, CANCELLED, or stuck.
mutation RetryJob {
  retryJob(input: { jobId: "paste a jobId here" }) { job { jobId status generation version } }
}`,
  `
# What a handler waits for (waitForSignal), or will wait for: before or after, once.
mutation SendSignal {
  sendSignal(input: { jobId: "paste a jobId here", name: "approval", payload: { isApproved: true } }) { job { jobId status waitingReason } }
}`,
  `
# Cancels a waiting job at once, a running one within a heartbeat.
mutation CancelJob {
  cancelJob(input: { jobId: "paste a jobId here" }) { job { jobId status } }
}`,
  `
# For a browser that may watch this job, and nothing else.
mutation CreateWatchToken {
  createWatchToken(input: { jobId: "paste a jobId here", ttlSeconds: 900 }) { token expiresAt }
}`,
  `
# Moves the start of a job that waits.
mutation RescheduleJob {
  rescheduleJob(input: { jobId: "paste a jobId here", runAt: "2027-01-31T12:00:00+01:00" }) { job { jobId runAt waitingReason waitingUntil } }
}`,
  `
# What is paused, and how many jobs wait for that.
query Queues {
  queues { priority isPaused pausedReason pausedUntil waiting }
}`,
  `
# Keeps jobs of a priority from starting, until it is resumed; for admins.
mutation PauseQueue {
  pauseQueue(input: { priority: LOW, until: "2027-01-31T12:00:00Z" }) { queue { priority isPaused pausedUntil } }
}`,
  `
mutation ResumeQueue {
  resumeQueue(input: { priority: LOW }) { queue { priority isPaused } }
}`,
  `
# Counts up to 10,000.
query JobCount {
  jobCount(filter: { status: [FAILED_FINAL] }) { count isExact }
}`,
  `
# Who works, on what; for admins.
query Workers {
  workers { id version types slots running since }
}`,
  `
# What a handler logs, line by line, until the job is over.
subscription Logs {
  jobLogAdded(jobId: "paste a jobId here") { sequence attempt at level message fields }
}`,
  `
query Schedules {
  schedules(first: 10) { edges { node { scheduleId name isPaused nextRuns(first: 3) } } }
}`,
  `
query Schedule {
  schedule(scheduleId: "paste a scheduleId here") { name nextRuns(first: 3) ticks(first: 5) { at outcome job { jobId status } } }
}`,
  `
mutation UpdateSchedule {
  updateSchedule(input: { scheduleId: "paste a scheduleId here", cron: "30 3 * * *" }) { schedule { nextRuns(first: 3) } }
}`,
  `
mutation PauseSchedule {
  pauseSchedule(input: { scheduleId: "paste a scheduleId here" }) { schedule { isPaused } }
}`,
  `
mutation ResumeSchedule {
  resumeSchedule(input: { scheduleId: "paste a scheduleId here" }) { schedule { isPaused } }
}`,
  `
# A job of it now, beside its times.
mutation TriggerSchedule {
  triggerSchedule(input: { scheduleId: "paste a scheduleId here" }) { job { jobId status } }
}`,
  `
mutation DeleteSchedule {
  deleteSchedule(input: { scheduleId: "paste a scheduleId here" }) { schedule { name } }
}`,
  `
# Jobs of which one waits for the other, and takes its result.
mutation CreateWorkflow {
  createWorkflow(input: { name: "two steps", jobs: [
    { name: "first", type: "a type’s name" }
    { name: "second", type: "a type’s name", dependsOn: ["first"], paramsFrom: [{ path: ["input"], job: "first", resultPath: ["output"] }] }
  ] }) { workflow { workflowId status jobs(first: 10) { edges { node { jobId workflowJobName status waitingReason dependsOn { name status } } } } } }
}`,
  `
# Every change of a workflow and of its jobs, until it is over.
subscription WatchWorkflow {
  workflowChanged(workflowId: "paste a workflowId here") { sequence jobName jobEvent { jobId status } workflowStatus }
}`,
  `
query Workflow {
  workflow(workflowId: "paste a workflowId here") { name status error { code message } jobCounts { status count } }
}`,
  `
query Workflows {
  workflows(first: 10, filter: { status: [FAILED] }) { edges { node { workflowId name status createdAt } } pageInfo { hasNextPage endCursor } }
}`,
  `
# All of its failed jobs; what was cancelled for them goes on.
mutation RetryWorkflow {
  retryWorkflow(input: { workflowId: "paste a workflowId here" }) { workflow { status } }
}`,
  `
mutation CancelWorkflow {
  cancelWorkflow(input: { workflowId: "paste a workflowId here" }) { workflow { status } }
}`,
];
