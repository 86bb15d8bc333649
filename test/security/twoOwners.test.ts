import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { getBulkOperation } from '../../core/usecases/bulkOperations.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { at } from '../e2e/apiSystem.ts';
import { startForger } from './forger.ts';
import { openSharedStage } from './sharedStage.ts';
import { as, transportNames, transports, type Operation } from './stage.ts';

const marks = { alice2: 'MARK-OF-ALICE', bob2: 'MARK-OF-BOB' } as const;
type Owner = keyof typeof marks;
const owners: readonly Owner[] = ['alice2', 'bob2'];
const other = (owner: Owner): Owner => (owner === 'alice2' ? 'bob2' : 'alice2');
const fields = 'jobId params result idempotencyKey owner status error { message } history { status error { message } }';

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

const step = fc.record({
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

function operationOf(owner: Owner, drawn: Drawn): Operation {
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
      // Of one job, whosever it is.
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

test(
  'two owners see not a byte of each other’s in 10,000 random operations, with somebody forging what they like',
  { timeout: 300_000 },
  async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    const operations = Number(process.env['OPERATIONS'] ?? 10_000);
    await using stage = await openSharedStage();
    for (const owner of owners) await stage.putObject(`${owner}/mark.txt`, marks[owner]);
    await stage.putObject('shared/all.txt', 'for all');
    const callers = { alice2: await as('alice2'), bob2: await as('bob2') };
    const tickets: string[] = [];
    const cursors: string[] = [];
    const scheduleIds: string[] = [];
    const operationIds: string[] = [];
    const whoAsked = new Map<string, Owner>();
    const ownerOf = new Map<string, Owner>();
    const counts = { errors: new Map<unknown, number>() };
    const marked = Object.values(marks);
    const forger = await startForger({ redisUrl: stage.redis.url, queues: stage.core.queues, owners, tickets, marks: marked, seed });

    /** Nothing of the other's: no mark, no name, no ticket. */
    function check(owner: Owner, text: string, what: string): void {
      const told = `SEED=${seed}: ${owner} ${what} saw ${text}`;
      expect(text.includes(marks[other(owner)]) || text.includes(`"${other(owner)}"`), told).toBe(false);
      for (const [, jobId = ''] of text.matchAll(/"jobId":"(\w+)"/g)) {
        expect(ownerOf.get(jobId) ?? owner, told).toBe(owner);
        if (ownerOf.has(jobId)) continue;
        ownerOf.set(jobId, owner);
        tickets.push(jobId);
      }
      for (const [, scheduleId = ''] of text.matchAll(/"scheduleId":"([\w.-]+)"/g)) {
        if (!scheduleIds.includes(scheduleId)) scheduleIds.push(scheduleId);
      }
      for (const [, operationId = ''] of text.matchAll(/"operationId":"(\w+)"/g)) {
        expect(whoAsked.get(operationId) ?? owner, told).toBe(owner);
        if (!whoAsked.has(operationId)) operationIds.push(operationId);
        whoAsked.set(operationId, owner);
      }
      for (const [, cursor = ''] of text.matchAll(/"cursor":"(\w+)"/g)) if (cursors.length < 5000) cursors.push(cursor);
    }

    async function play(owner: Owner): Promise<void> {
      for (const { transport, ...drawn } of fc.sample(step, { seed: seed + owners.indexOf(owner), numRuns: operations / 2 })) {
        const operation = operationOf(owner, { ...drawn, tickets, cursors, scheduleIds, operationIds });
        // One's own log is watched to its job's end, which may be a backoff away.
        const { jobId: watched } = z.object({ jobId: z.string().default('') }).parse(operation.variables ?? {});
        if (drawn.kind === 'watchLogs' && ownerOf.get(watched) === owner) continue;
        const { text, codes } = await transports[transport](stage, operation, callers[owner]);
        const what = `${JSON.stringify(operation)} over ${transport}`;
        check(owner, text, what);
        expect(codes, `SEED=${seed}: ${what}`).not.toContain('INTERNAL_SERVER_ERROR');
        for (const code of codes) counts.errors.set(code, (counts.errors.get(code) ?? 0) + 1);
      }
    }

    /** Begins anew whenever it is told that something may have been missed. */
    async function follow(owner: Owner): Promise<{ readonly seen: () => number; readonly end: () => void }> {
      const socket = await openSocket(stage.url, callers[owner]);
      const query = `subscription { jobStatusChanged { jobId version status at error { message } job { ${fields} } } }`;
      const subscribe = (id: number): void => socket.send({ id: String(id), type: 'subscribe', payload: { query } });
      let seen = 0;
      let id = 0;
      subscribe(id);
      void (async () => {
        for (;;) {
          const [message] = await socket.messages(1);
          seen += 1;
          check(owner, JSON.stringify(message), 'feed');
          if (at(message, 'type') === 'error') subscribe((id += 1));
        }
      })().catch((error: unknown) => failures.push(error));
      return { seen: () => seen, end: socket.end };
    }
    const failures: unknown[] = [];

    const feeds = await Promise.all(owners.map(follow));
    await Promise.all(owners.map(play));
    await forger.stop();
    for (const feed of feeds) feed.end();
    expect(failures.filter((failure) => failure instanceof Error && failure.name === 'AssertionError')).toEqual([]);
    for (const feed of feeds) expect(feed.seen()).toBeGreaterThan(operations / 100);
    expect(forger.heard()).toBeGreaterThan(operations / 100);
    expect([...counts.errors.keys()]).toEqual(
      expect.arrayContaining(['JOB_NOT_FOUND', 'BAD_USER_INPUT', 'SCHEDULE_NOT_FOUND', 'BULK_OPERATION_NOT_FOUND', 'FORBIDDEN']),
    );
    // Bulk operations did something, and to jobs of who asked for them alone.
    let matched = 0;
    for (const [operationId, createdBy] of whoAsked) {
      const { value } = await getBulkOperation(stage.core, { owner: createdBy, operationId });
      matched += value.matched;
      const job = await stage.core.table.get(value.filter.jobIdPrefix ?? '');
      if (value.matched > 0) expect(job?.owner, JSON.stringify(value)).toBe(createdBy);
    }
    expect(matched).toBeGreaterThan(0);
    for (const [key, content] of await stage.objects()) {
      for (const owner of owners) if (key.startsWith(`${owner}/`)) expect(content, key).not.toContain(marks[other(owner)]);
    }
    expect((await stage.objects()).get('shared/all.txt')).toBe('for all');
    expect([...(await stage.objects()).keys()].every((key) => /^(alice2|bob2|shared)\//.test(key))).toBe(true);
  },
);
