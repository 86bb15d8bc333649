/** Workflows through the API: handed in over HTTP, watched over WebSocket and Server-Sent Events, and refused if too large. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { as, openGuarded } from '../security/stage.ts';
import { at, type ApiSystem } from './apiSystem.ts';
import { openSocket } from './testSocket.ts';

let api: ApiSystem;
let ada: Awaited<ReturnType<typeof as>>;
beforeAll(async () => {
  api = await openGuarded({ engine: 'embedded', environment: { RATE_LIMIT_PER_SECOND: '0' } });
  ada = await as('ada');
});
afterAll(() => api[Symbol.asyncDispose]());

interface PlannedJob {
  readonly name: string;
  readonly type: string;
  readonly params?: object;
  readonly dependsOn?: readonly string[];
}

/** `a: []`, `b: ['a']`: one job for each name. */
function jobsOf(needs: Readonly<Record<string, readonly string[]>>, params: object = { durationMs: 5 }): readonly PlannedJob[] {
  return Object.entries(needs).map(([name, dependsOn]) => ({ name, type: 'simulate_work', params, dependsOn }));
}

const jobFields = 'jobs(first: 100) { edges { node { jobId workflowJobName status dependsOn { name status } dependants { name } } } }';
const create = `mutation ($jobs: [WorkflowJobInput!]!, $key: String) {
  createWorkflow(input: { name: "flow", tags: ["t"], jobs: $jobs, idempotencyKey: $key }) {
    created workflow { workflowId owner name tags status version }
  }
}`;

async function handIn(jobs: readonly PlannedJob[], headers: Readonly<Record<string, string>> = ada): Promise<string> {
  const { body } = await api.request(create, { jobs }, headers);
  expect(body.errors).toBeUndefined();
  return String(at(body.data, 'createWorkflow', 'workflow', 'workflowId'));
}

const eventFields = 'sequence jobName jobEvent { jobId version status } workflowStatus workflowVersion';
const watch = `subscription ($id: ID!, $after: ID) { workflowChanged(workflowId: $id, afterSequence: $after) { ${eventFields} } }`;
const pushed = z.object({
  data: z.object({
    workflowChanged: z.object({
      sequence: z.string(),
      jobName: z.string().nullable(),
      jobEvent: z.object({ version: z.int(), status: z.string() }).nullable(),
      workflowStatus: z.string().nullable(),
      workflowVersion: z.int().nullable(),
    }),
  }),
});
type Change = z.infer<typeof pushed>['data']['workflowChanged'];

const told = ({ jobName, jobEvent, workflowStatus, workflowVersion }: Change): string =>
  jobName === null ? `workflow ${workflowVersion} ${workflowStatus}` : `${jobName} ${jobEvent?.version} ${jobEvent?.status}`;
const isEnd = ({ workflowStatus }: Change): boolean => workflowStatus !== null && workflowStatus !== 'RUNNING';

/** The expected events of each of these jobs, and of the workflow, if nothing fails. */
function expectedOf(jobs: readonly Pick<PlannedJob, 'name'>[]): readonly string[] {
  const ways = jobs.flatMap(({ name }) => [`${name} 1 PENDING`, `${name} 2 PROCESSING`, `${name} 3 SUCCEEDED`]);
  return ['workflow 1 RUNNING', ...ways, 'workflow 2 SUCCEEDED'].toSorted();
}

const diamond = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: ['d'] };

test('a workflow is handed in over HTTP, once under its key, and shown with its jobs; another owner sees nothing of it', async () => {
  const jobs = jobsOf(diamond);
  const first = await api.request(create, { jobs, key: 'k' }, ada);
  const workflow = at(first.body.data, 'createWorkflow', 'workflow');
  expect(first.body.data).toMatchObject({
    createWorkflow: { created: true, workflow: { owner: 'ada', name: 'flow', tags: ['t'], status: 'RUNNING', version: 1 } },
  });
  const workflowId = String(at(workflow, 'workflowId'));
  const again = await api.request(create, { jobs }, { ...ada, 'idempotency-key': 'k' });
  expect(again.body.data).toMatchObject({ createWorkflow: { created: false, workflow: { workflowId } } });
  const reused = await api.request(create, { jobs: jobs.slice(0, 1), key: 'k' }, ada);
  expect(reused.body.errors?.[0]?.extensions['code']).toBe('IDEMPOTENCY_KEY_REUSED');

  const read = `query ($id: ID!) { workflow(workflowId: $id) { status jobCounts { status count } ${jobFields} } }`;
  const shown = async () => at((await api.request(read, { id: workflowId }, ada)).body.data, 'workflow');
  await expect.poll(async () => at(await shown(), 'status')).toBe('SUCCEEDED');
  const whole = await shown();
  expect(whole).toMatchObject({ jobCounts: [{ status: 'SUCCEEDED', count: 5 }] });
  const nodes = z.array(z.object({ node: z.looseObject({ workflowJobName: z.string() }) })).parse(at(whole, 'jobs', 'edges'));
  expect(nodes.map(({ node }) => node.workflowJobName)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(nodes[3]?.node).toMatchObject({
    dependsOn: [
      { name: 'b', status: 'SUCCEEDED' },
      { name: 'c', status: 'SUCCEEDED' },
    ],
    dependants: [{ name: 'e' }],
  });

  const eve = await as('eve');
  for (const query of [
    read,
    'mutation ($id: ID!) { retryWorkflow(input: { workflowId: $id }) { workflow { name } } }',
    'mutation ($id: ID!) { cancelWorkflow(input: { workflowId: $id }) { workflow { name } } }',
  ]) {
    const theirs = await api.request(query, { id: workflowId }, eve);
    expect(theirs.body.errors?.map(({ extensions }) => extensions['code'])).toEqual(['WORKFLOW_NOT_FOUND']);
    const nobodys = await api.request(query, { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, eve);
    expect(theirs.body.errors?.[0]?.message).toBe(nobodys.body.errors?.[0]?.message);
  }
  const socket = await openSocket(api.url, eve);
  socket.send({ id: '1', type: 'subscribe', payload: { query: watch, variables: { id: workflowId } } });
  expect(await socket.messages(1)).toMatchObject([{ payload: { errors: [{ extensions: { code: 'WORKFLOW_NOT_FOUND' } }] } }]);
  socket.end();
  const listed = await api.request('{ workflows { edges { node { name } } } }', {}, eve);
  expect(listed.body.data).toEqual({ workflows: { edges: [] } });
  const own = await api.request(create, { jobs: jobs.slice(0, 1), key: 'k' }, eve);
  expect(own.body.data).toMatchObject({ createWorkflow: { created: true, workflow: { owner: 'eve' } } });
});

describe('a watch of a workflow brings each change once, across lost connections', () => {
  /** One connection: the events that it brings, up to a number at which it is cut off. */
  type Connection = (workflowId: string, after: string, most: number) => Promise<readonly Change[]>;

  async function overSocket(id: string, after: string, most: number): Promise<readonly Change[]> {
    const socket = await openSocket(api.url, ada);
    socket.send({ id: '1', type: 'subscribe', payload: { query: watch, variables: { id, after } } });
    const changes: Change[] = [];
    while (changes.length < most && !changes.some(isEnd)) {
      const [message] = await socket.messages(1);
      changes.push(pushed.parse(at(message, 'payload')).data.workflowChanged);
    }
    socket.end();
    return changes;
  }

  async function overEvents(id: string, after: string, most: number): Promise<readonly Change[]> {
    const cut = new AbortController();
    // As an EventSource does: with its first request, and its header for the position.
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      signal: cut.signal,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'last-event-id': `${id}:${after}`, ...ada },
      body: JSON.stringify({ query: watch, variables: { id, after: '0' } }),
    });
    const changes: Change[] = [];
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.+)$/m.exec(block)?.[1];
        if (data === undefined || changes.length === most) continue;
        const change = pushed.parse(JSON.parse(data)).data.workflowChanged;
        expect(block).toContain(`id: ${id}:${change.sequence}\n`);
        changes.push(change);
      }
      if (changes.length === most || changes.some(isEnd)) break;
    }
    cut.abort();
    return changes;
  }

  test.each<[string, Connection]>([
    ['WebSocket', overSocket],
    ['Server-Sent Events', overEvents],
  ])('over %s', async (_transport, connection) => {
    const jobs = jobsOf(diamond, { durationMs: 15 });
    const workflowId = await handIn(jobs);
    const changes: Change[] = [];
    for (let most = 1; !changes.some(isEnd); most = (most % 3) + 1) {
      changes.push(...(await connection(workflowId, changes.at(-1)?.sequence ?? '0', most)));
    }
    expect(changes.map(told).toSorted()).toEqual(expectedOf(jobs));
    for (const { name } of jobs) {
      const versions = changes.filter(({ jobName }) => jobName === name).map(({ jobEvent }) => jobEvent?.version);
      expect(versions).toEqual([1, 2, 3]);
    }
    expect(changes.at(-1)).toMatchObject({ workflowStatus: 'SUCCEEDED' });
  });
});

test('a workflow of 1,000 jobs is accepted in one request, and watched to its end', async () => {
  const middle = Array.from({ length: 998 }, (_, index) => `page${index}`);
  const jobs = jobsOf({ split: [], ...Object.fromEntries(middle.map((name) => [name, ['split']])), join: middle }, { durationMs: 0 });
  const workflowId = await handIn(jobs);
  const client = api.client({ connectionParams: { ...ada } });
  const changes: Change[] = [];
  for await (const event of client.iterate({ query: watch, variables: { id: workflowId, after: '0' } }))
    changes.push(pushed.parse(event).data.workflowChanged);
  expect(changes.map(told).toSorted()).toEqual(expectedOf(jobs));
});

test('a workflow that is too large is refused, with the path, and no part of it is created', async () => {
  const eve = await as('mallory');
  const many = Array.from({ length: 1001 }, (_, index) => `j${index}`);
  const apart = Object.fromEntries(many.map((name) => [name, []]));
  const cross = Object.fromEntries(many.slice(0, 142).map((name, index, all) => [name, all.slice(0, index)]));
  const refusals: readonly (readonly [readonly PlannedJob[], string, readonly (string | number)[]])[] = [
    [jobsOf(apart), 'BAD_USER_INPUT', ['jobs']],
    // 10,011 dependencies.
    [jobsOf(cross), 'BAD_USER_INPUT', ['jobs']],
    [jobsOf({ a: ['b'], b: ['a'] }), 'BAD_USER_INPUT', ['jobs', 0, 'dependsOn']],
    [jobsOf({ a: [] }, { payload: 'x'.repeat(300_000) }), 'BAD_USER_INPUT', ['jobs', 0, 'params']],
    [[{ name: 'a', type: 'none' }], 'UNKNOWN_JOB_TYPE', ['jobs', 0, 'type']],
  ];
  for (const [jobs, code, path] of refusals) {
    const { body } = await api.request(create, { jobs }, eve);
    expect(body.errors?.map(({ extensions }) => [extensions['code'], extensions['path']])).toEqual([[code, path]]);
  }
  // Larger than any request.
  const large = jobsOf(Object.fromEntries(many.slice(0, 20).map((name) => [name, []])), { payload: 'x'.repeat(220_000) });
  const { status, body } = await api.request(create, { jobs: large }, eve);
  expect([status, body.errors?.[0]?.extensions['code']]).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE']);
  const listed = await api.request('{ workflows { edges { node { name } } } jobs { edges { node { jobId } } } }', {}, eve);
  expect(listed.body.data).toEqual({ workflows: { edges: [] }, jobs: { edges: [] } });
});
