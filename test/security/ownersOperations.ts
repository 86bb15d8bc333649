/** Random operations of owners: each operation of the API, on tickets, cursors, schedules and bulk operations of any of them. */
import fc from 'fast-check';
import { transportNames, type Operation } from './stage.ts';

export const marks = { alice2: 'MARK-OF-ALICE', bob2: 'MARK-OF-BOB' } as const;
export type Owner = keyof typeof marks;
export const owners: readonly Owner[] = ['alice2', 'bob2'];
export const other = (owner: Owner): Owner => (owner === 'alice2' ? 'bob2' : 'alice2');
export const fields = 'jobId params result idempotencyKey owner status error { message } history { status error { message } }';

const scheduleKinds = [
  'createSchedule',
  'schedule',
  'schedules',
  'updateSchedule',
  'pauseSchedule',
  'triggerSchedule',
  'deleteSchedule',
] as const;
const bulkKinds = ['createBulk', 'bulk', 'bulks', 'abortBulk', 'watchBulk'] as const;
const bulkFields = 'operationId owner createdBy action status matched done skipped failed version';
const logFields = 'edges { node { attempt message fields } }';
const scheduleFields = `scheduleId owner name params problem ticks { job { ${fields} } }`;

export const step = fc.record({
  kind: fc.constantFrom(
    'create',
    'createMany',
    'copy',
    'read',
    'list',
    'page',
    'key',
    'cancel',
    'retry',
    'wait',
    'watch',
    'resume',
    'tagged',
    'count',
    'insights',
    'logs',
    'watchLogs',
    ...scheduleKinds,
    ...bulkKinds,
  ),
  /** Which of the tickets, cursors and objects seen so far, of either owner. */
  pick: fc.nat(),
  output: fc.nat(),
  isUndeclared: fc.boolean(),
  key: fc.option(fc.constantFrom('k1', 'k2', 'k3'), { nil: undefined }),
  transport: fc.constantFrom(...transportNames),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** How one's own objects, the other's and those of all are spelt, and misspelt. */
const uris = [
  ...owners.flatMap((owner) => [
    `s3://files/${owner}/mark.txt`,
    `s3://files/${owner}/out.txt`,
    `s3://files/${owner}/../${other(owner)}/mark.txt`,
    `s3://files/${owner}//mark.txt`,
    `s3://files/${owner.toUpperCase()}/mark.txt`,
    `s3://files/%61lice2/${owner}.txt`,
  ]),
  's3://files/shared/all.txt',
  's3://files/shared/../alice2/mark.txt',
  's3://files/alice2',
  's3://files/.receipts/x',
];

interface Drawn extends Omit<Step, 'transport'> {
  readonly tickets: readonly string[];
  readonly cursors: readonly string[];
  readonly scheduleIds: readonly string[];
  readonly operationIds: readonly string[];
}

export function operationOf(owner: Owner, drawn: Drawn): Operation {
  const { kind, pick, output, isUndeclared, key, tickets, cursors, scheduleIds, operationIds } = drawn;
  const operationId = operationIds[pick % Math.max(1, operationIds.length)] ?? 'none';
  const scheduleId = scheduleIds[pick % Math.max(1, scheduleIds.length)] ?? 'none';
  const jobId = tickets[pick % Math.max(1, tickets.length)] ?? 'none';
  const uri = uris[pick % uris.length];
  const idempotency = key === undefined ? {} : { idempotencyKey: key };
  const tags = [marks[owner], `t${pick % 3}`];
  const input = { type: 'simulate_work', params: { payload: marks[owner], durationMs: pick % 20 }, tags, ...idempotency };
  const create = `mutation ($input: CreateJobInput!) { createJob(input: $input) { job { ${fields} } } }`;
  switch (kind) {
    case 'create':
      return { query: create, variables: { input } };
    case 'copy': {
      const own = { source: 's3://files/shared/all.txt', undeclared: uri };
      const params = isUndeclared ? own : { source: uri, output: uris[output % uris.length] };
      return { query: create, variables: { input: { type: 'copy_object', params } } };
    }
    case 'createMany':
      return {
        query: `mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { job { ${fields} } error { message jobId } } } }`,
        variables: { input: { jobs: [input, input] } },
      };
    case 'read':
      return { query: `query ($jobId: ID!) { job(jobId: $jobId) { ${fields} } }`, variables: { jobId } };
    case 'list':
      return { query: `{ jobs(first: 20) { edges { cursor node { ${fields} } } } }` };
    case 'page':
      return {
        query: `query ($after: String) { jobs(first: 20, after: $after) { edges { cursor node { ${fields} } } } }`,
        variables: { after: cursors[pick % Math.max(1, cursors.length)] },
      };
    case 'key':
      return {
        query: `query ($key: String!) { jobByIdempotencyKey(idempotencyKey: $key) { ${fields} } }`,
        variables: { key: key ?? 'k1' },
      };
    case 'tagged':
      return {
        query: `query ($filter: JobsFilter) { jobs(first: 20, filter: $filter) { edges { cursor node { ${fields} } } } }`,
        // Also by the other's tag.
        variables: { filter: { tags: [isUndeclared ? marks[other(owner)] : `t${pick % 3}`] } },
      };
    case 'count':
      return {
        query: 'query ($filter: JobsFilter!) { jobCount(filter: $filter) { count } }',
        variables: { filter: { jobIdPrefix: jobId } },
      };
    case 'insights':
      return {
        query: `{ jobErrors { groups { message lastJob { ${fields} } } } jobTypes { waitingLongest { job { ${fields} } } statistics { created } } }`,
      };
    case 'logs':
      return {
        query: `query ($jobId: ID!) { job(jobId: $jobId) { jobId logs { ${logFields} } attemptRuns { edges { node { error { message } logs { ${logFields} } } } } } }`,
        variables: { jobId },
      };
    case 'watchLogs':
      return { query: 'subscription ($jobId: ID!) { jobLogAdded(jobId: $jobId) { attempt message fields } }', variables: { jobId } };
    case 'createBulk': {
      // For one job of any owner.
      const filter = { jobIdPrefix: jobId, status: ['CANCELLED', 'FAILED', 'FAILED_FINAL', 'PENDING', 'PROCESSING'] };
      const asked = {
        action: isUndeclared ? 'CANCEL' : 'RETRY',
        filter,
        dryRun: output % 4 === 0,
        ...(output % 3 === 0 ? idempotency : {}),
      };
      return {
        query: `mutation ($input: CreateBulkOperationInput!) { createBulkOperation(input: $input) { operation { ${bulkFields} } } }`,
        variables: { input: output % 10 === 0 ? { ...asked, owner: other(owner) } : asked },
      };
    }
    case 'bulk':
      return { query: `query ($id: ID!) { bulkOperation(operationId: $id) { ${bulkFields} } }`, variables: { id: operationId } };
    case 'bulks':
      return {
        query: `query ($after: String) { bulkOperations(first: 3, after: $after) { edges { node { ${bulkFields} } } } }`,
        variables: { after: pick % 3 === 0 ? Buffer.from(`bulk:${operationId}`).toString('base64url') : null },
      };
    case 'abortBulk':
      return {
        query: `mutation ($id: ID!) { abortBulkOperation(input: { operationId: $id }) { operation { ${bulkFields} } } }`,
        variables: { id: operationId },
      };
    case 'watchBulk':
      return {
        query: `subscription ($id: ID!) { bulkOperationChanged(operationId: $id) { ${bulkFields} } }`,
        variables: { id: operationId },
      };
    case 'cancel':
    case 'retry':
      return { query: `mutation ($jobId: ID!) { ${kind}Job(input: { jobId: $jobId }) { job { ${fields} } } }`, variables: { jobId } };
    case 'wait':
      return { query: `query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 0) { ${fields} } }`, variables: { jobId } };
    case 'createSchedule': {
      const spec = { name: `${marks[owner]} ${pick % 5}`, cron: '@daily', type: 'simulate_work', params: { payload: marks[owner] } };
      return {
        query: `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { ${scheduleFields} } } }`,
        variables: { input: spec },
      };
    }
    case 'schedule':
      return { query: `query ($id: ID!) { schedule(scheduleId: $id) { ${scheduleFields} } }`, variables: { id: scheduleId } };
    case 'schedules':
      return {
        query: `query ($after: String) { schedules(first: 2, after: $after) { edges { node { ${scheduleFields} } } } }`,
        variables: { after: pick % 3 === 0 ? Buffer.from(`${marks[other(owner)]} 1`).toString('base64url') : null },
      };
    case 'updateSchedule':
      return {
        query: `mutation ($id: ID!) { updateSchedule(input: { scheduleId: $id, priority: LOW }) { schedule { ${scheduleFields} } } }`,
        variables: { id: scheduleId },
      };
    case 'pauseSchedule':
    case 'deleteSchedule':
      return {
        query: `mutation ($id: ID!) { ${kind}(input: { scheduleId: $id }) { schedule { ${scheduleFields} } } }`,
        variables: { id: scheduleId },
      };
    case 'triggerSchedule':
      return {
        query: `mutation ($id: ID!) { triggerSchedule(input: { scheduleId: $id }) { job { ${fields} } } }`,
        variables: { id: scheduleId },
      };
    case 'watch':
    case 'resume':
      return {
        query: `subscription ($jobId: ID!, $after: Int) { jobStatusChanged(jobId: $jobId, afterVersion: $after) { jobId status error { message } job { ${fields} } } }`,
        variables: { jobId, after: kind === 'watch' ? null : 0 },
      };
  }
}
