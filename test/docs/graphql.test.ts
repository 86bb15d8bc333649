/** The operations of all pages, each block pasted whole, on one system: each is carried out as an admin of a laptop would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { as, secret } from '../security/stage.ts';
import { projectPaths, root } from './projectFacts.ts';
import { readPage } from './readPage.ts';

const here = 'run by: test/docs/graphql.test.ts';
/** Those that say so: docs/authentication.md, docs/lists.md, docs/operations.md, docs/owner-feed.md, docs/schedules.md, README.md … */
const blocks = [...projectPaths()]
  .filter((path) => path.endsWith('.md'))
  .flatMap((path) => readPage(path, readFileSync(join(root, path), 'utf8')).blocks.map((block) => ({ path, ...block })))
  .filter(({ mark }) => mark === here)
  .map(({ path, text }) => ({ path, text, operations: operationsOf(text) }));

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
      // What is wrong with a subscription is answered before its stream begins.
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
      return response.body?.cancel();
    }
    const { data, errors } = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(await response.json());
    expect(errors).toBeUndefined();
    expect(data).toBeDefined();
  });
});
