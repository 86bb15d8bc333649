/** The tabs of GraphiQL that need no job type, in the order in which a reader would try them. */
import { webhookExamples } from './webhookExamples.ts';

export const examples: readonly string[] = [
  `
# Pushes all changes of your jobs: run it, open this
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
# The job types, and the params that they take.
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
# Retries a job that is FAILED, FAILED_FINAL, CANCELLED, or stuck.
mutation RetryJob {
  retryJob(input: { jobId: "paste a jobId here" }) { job { jobId status generation version } }
}`,
  `
# Sends the signal that a handler waits for (waitForSignal), or will wait for.
mutation SendSignal {
  sendSignal(input: { jobId: "paste a jobId here", name: "approval", payload: { isApproved: true } }) { job { jobId status waitingReason } }
}`,
  `
# Cancels a waiting job at once, a running one within a heartbeat.
mutation CancelJob {
  cancelJob(input: { jobId: "paste a jobId here" }) { job { jobId status } }
}`,
  `
# A token for a browser that may watch this job, and nothing else.
mutation CreateWatchToken {
  createWatchToken(input: { jobId: "paste a jobId here", ttlSeconds: 900 }) { token expiresAt }
}`,
  `
# Changes the start of a waiting job.
mutation RescheduleJob {
  rescheduleJob(input: { jobId: "paste a jobId here", runAt: "2027-01-31T12:00:00+01:00" }) { job { jobId runAt waitingReason waitingUntil } }
}`,
  `
# Which queues are paused, and how many jobs wait for that.
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
# Why jobs failed, by kind, since yesterday.
query JobErrors {
  jobErrors(filter: { createdAfter: "2027-01-30T12:00:00Z" }) {
    groups { fingerprint type code message count firstSeenAt lastSeenAt lastJob { jobId } }
    looked isComplete
  }
}`,
  `
# Figures of each type for the last hour, and its job that has waited longest.
query JobTypeStatistics {
  jobTypes {
    name
    waitingLongest { since job { jobId waitingReason } }
    statistics(window: HOUR) { created succeeded failed waitMs { p50 p95 } runMs { p50 p95 } sampled isEstimated }
  }
}`,
  `
# Retries all failed jobs in the background, each once.
# With dryRun: true it counts what it would do.
mutation CreateBulkOperation {
  createBulkOperation(input: { action: RETRY, filter: { status: [FAILED_FINAL] }, dryRun: true }) { operation { operationId status matched } }
}`,
  `
# Its progress, until it has ended.
subscription WatchBulkOperation {
  bulkOperationChanged(operationId: "paste an operationId here") { status version matched done skipped failed }
}`,
  `
query BulkOperation {
  bulkOperation(operationId: "paste an operationId here") {
    action status isDryRun matched done skipped failed createdAt startedAt finishedAt
    filter { status type tags errorCode } errors { code count }
  }
}`,
  `
query BulkOperations {
  bulkOperations(first: 10) { edges { node { operationId action status isDryRun matched done } } }
}`,
  `
# Jobs already processed stay as they are.
mutation AbortBulkOperation {
  abortBulkOperation(input: { operationId: "paste an operationId here" }) { operation { status abortedAt } }
}`,
  `
# The running workers; for admins.
query Workers {
  workers { id version types slots running since }
}`,
  `
query Viewer {
  viewer { owner isAdmin mayOperate }
}`,
  `
# What a handler logs, line by line, until the job has ended.
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
# Makes a job of it now, in addition to its times.
mutation TriggerSchedule {
  triggerSchedule(input: { scheduleId: "paste a scheduleId here" }) { job { jobId status } }
}`,
  `
mutation DeleteSchedule {
  deleteSchedule(input: { scheduleId: "paste a scheduleId here" }) { schedule { name } }
}`,
  ...webhookExamples,
  `
# Jobs of which one waits for the other, and takes its result.
mutation CreateWorkflow {
  createWorkflow(input: { name: "two steps", jobs: [
    { name: "first", type: "a type’s name" }
    { name: "second", type: "a type’s name", dependsOn: ["first"], paramsFrom: [{ path: ["input"], job: "first", resultPath: ["output"] }] }
  ] }) { workflow { workflowId status jobs(first: 10) { edges { node { jobId workflowJobName status waitingReason dependsOn { name status } } } } } }
}`,
  `
# Every change of a workflow and of its jobs, until it has ended.
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
# Retries all of its failed jobs; jobs that were cancelled because of them go on.
mutation RetryWorkflow {
  retryWorkflow(input: { workflowId: "paste a workflowId here" }) { workflow { status } }
}`,
  `
mutation CancelWorkflow {
  cancelWorkflow(input: { workflowId: "paste a workflowId here" }) { workflow { status } }
}`,
];
