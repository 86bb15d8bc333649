/** All operations of the client, by their names in it. */
import { bulkDocuments } from './bulkOperations.ts';
import { createDocuments } from './createJobs.ts';
import { jobFields } from './job.ts';
import { jobLogsDocument } from './jobLogs.ts';
import { listDocuments } from './listJobs.ts';
import { scheduleDocuments } from './schedules.ts';
import { watchJobDocument } from './watchJob.ts';
import { watchJobsDocuments } from './watchJobs.ts';
import { watchWorkflowsDocuments } from './watchWorkflows.ts';
import { webhookDocuments } from './webhooks.ts';
import { workflowDocuments } from './workflows.ts';

export const clientDocuments = {
  ...createDocuments,
  job: `query Job($jobId: ID!) { answer: job(jobId: $jobId) { ${jobFields} } }`,
  jobByIdempotencyKey: `query JobByIdempotencyKey($idempotencyKey: String!, $owner: String) {
    answer: jobByIdempotencyKey(idempotencyKey: $idempotencyKey, owner: $owner) { ${jobFields} } }`,
  ...listDocuments,
  jobCount: `query JobCount($filter: JobsFilter!, $owner: String, $allOwners: Boolean) {
    answer: jobCount(filter: $filter, owner: $owner, allOwners: $allOwners) { count isExact } }`,
  waitForJob: `query WaitForJob($jobId: ID!) { answer: waitForJob(jobId: $jobId, timeoutSeconds: 30) { ${jobFields} } }`,
  retry: `mutation RetryJob($jobId: ID!, $fromStart: Boolean) {
    payload: retryJob(input: { jobId: $jobId, fromStart: $fromStart }) { job { ${jobFields} } } }`,
  sendSignal: `mutation SendSignal($jobId: ID!, $name: String!, $payload: JSON) {
    payload: sendSignal(input: { jobId: $jobId, name: $name, payload: $payload }) { job { ${jobFields} } } }`,
  cancel: `mutation CancelJob($jobId: ID!) { payload: cancelJob(input: { jobId: $jobId }) { job { ${jobFields} } } }`,
  createWatchToken: `mutation CreateWatchToken($jobId: ID!, $ttlSeconds: Int) {
    answer: createWatchToken(input: { jobId: $jobId, ttlSeconds: $ttlSeconds }) { token expiresAt } }`,
  ...scheduleDocuments,
  ...bulkDocuments,
  ...webhookDocuments,
  ...workflowDocuments,
  watchJob: watchJobDocument,
  jobLogs: jobLogsDocument,
  ...watchJobsDocuments,
  ...watchWorkflowsDocuments,
};
