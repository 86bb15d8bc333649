/** The operations of all pages, each block pasted whole, on one system: each is run as an admin on a laptop would. */
import { Kind, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { as, secret } from '../security/stage.ts';
import { blocksRunBy } from './readPages.ts';

/** Pages with this mark: docs/authentication.md, docs/lists.md, docs/operations.md, docs/owner-feed.md, docs/schedules.md, README.md … */
const blocks = blocksRunBy('test/docs/graphql.test.ts').map(({ path, text }) => ({ path, text, operations: operationsOf(text) }));

function operationsOf(text: string): readonly OperationDefinitionNode[] {
  return parse(text).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
}

let api: ApiSystem;
let jobId: string;
let operator: Awaited<ReturnType<typeof as>>;
beforeAll(async () => {
  api = await openApiSystem({ engine: 'embedded', environment: { JWT_SECRET: secret } });
  operator = await as('operator', { scope: 'admin' });
  const failing =
    'mutation { createJob(input: { type: "simulate_work", params: { failAttempts: 9, failPermanently: true } }) { job { jobId } } }';
  const { body } = await api.request(failing, {}, operator);
  jobId = z.object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) }).parse(body.data).createJob.job.jobId;
  await api.request(`{ waitForJob(jobId: "${jobId}", timeoutSeconds: 25) { status } }`, {}, operator);
});
afterAll(() => api[Symbol.asyncDispose]());

test('the pages have some', () => {
  expect(blocks.length).toBeGreaterThan(8);
});

describe.each(blocks)('$path: $text', ({ text, operations }) => {
  test.each(operations.map((operation) => [operation.name?.value, operation] as const))('%s', async (operationName, { operation }) => {
    const body = JSON.stringify({ query: text, operationName, variables: { jobId, after: null } });
    const headers = { 'content-type': 'application/json', ...operator };
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: operation === OperationTypeNode.SUBSCRIPTION ? { ...headers, accept: 'text/event-stream' } : headers,
      body,
    });
    if (operation === OperationTypeNode.SUBSCRIPTION) {
      // An error in a subscription is answered before its stream begins.
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
      return response.body?.cancel();
    }
    const { data, errors } = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(await response.json());
    expect(errors).toBeUndefined();
    expect(data).toBeDefined();
  });
});

describe('readers', () => {
  const operationOf = (path: string, name: string): string => {
    const text = blocks.find((block) => block.path === path && block.text.includes(name))?.text ?? '';
    expect(text).toContain(name);
    return text;
  };

  async function carryOut(path: string, operationName: string, variables: object, headers: Readonly<Record<string, string>>) {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ query: operationOf(path, operationName), operationName, variables }),
    });
    return response.text();
  }

  test('who lets a browser watch a job: the token of the page reads the watch of the README to its end, and nothing else', async () => {
    const ann = await as('ann');
    const handedIn = await carryOut('README.md', 'CreateJob', {}, ann);
    const [, watched = ''] = /"jobId":"(\w+)"/.exec(handedIn) ?? [];
    const answer = await carryOut('docs/authentication.md', 'WatchToken', { jobId: watched }, ann);
    const [, token = ''] = /"token":"([^"]+)"/.exec(answer) ?? [];
    const browser = { authorization: `Bearer ${token}` };
    const told = await carryOut('README.md', 'Watch', { jobId: watched }, browser);
    expect(told).toMatch(/"status":"SUCCEEDED"[\s\S]*event: complete/);
    expect(await carryOut('README.md', 'CreateJob', {}, browser)).toContain('FORBIDDEN');
  });

  test('who is woken by jobs-given-up: finds the job that failed, and retries it', async () => {
    const failing = 'mutation { createJob(input: { type: "simulate_work", params: { failPermanently: true } }) { job { jobId } } }';
    const { body } = await api.request(failing, {}, operator);
    const failed = z.object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) }).parse(body.data).createJob.job.jobId;
    await api.request(`{ waitForJob(jobId: "${failed}", timeoutSeconds: 25) { status } }`, {}, operator);
    expect(await carryOut('docs/operations.md', 'Failed', {}, operator)).toContain(failed);
    expect(await carryOut('docs/operations.md', 'Job', { jobId: failed }, operator)).toContain('"status":"FAILED_FINAL"');
    expect(await carryOut('docs/operations.md', 'Retry', { jobId: failed }, operator)).toContain('"generation":2');
  });
});
