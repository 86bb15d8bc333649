import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { at } from '../e2e/apiSystem.ts';
import { openRestartable, type Restartable } from '../support/restartable.ts';
import { apolloOverHttp, apolloOverWebSocket } from './apollo.ts';
import { apollo3OverHttp, apollo3OverWebSocket } from './apollo3.ts';
import type { Client, OpenedClient } from './client.ts';
import { graphqlRequest } from './graphqlRequest.ts';
import { graphqlSse } from './graphqlSse.ts';
import { graphqlWs } from './graphqlWs.ts';
import { curlClient, curlOfferingHttp2, javaHttpClient } from './programs.ts';
import { relay } from './relay.ts';
import { urqlOverHttp, urqlOverWebSocket } from './urql.ts';

const clients: readonly Client[] = [
  graphqlWs,
  graphqlSse,
  urqlOverHttp,
  urqlOverWebSocket,
  apolloOverHttp,
  apolloOverWebSocket,
  apollo3OverHttp,
  apollo3OverWebSocket,
  relay,
  graphqlRequest,
  javaHttpClient,
  curlClient,
  curlOfferingHttp2,
];
const watching = clients.filter(({ open }) => {
  const opened = open({ url: 'http://127.0.0.1:9', token: () => Promise.resolve('') });
  void opened.close?.();
  return opened.watch !== undefined;
});

const secret = 'a secret of at least 32 characters';
const tokenFor = (seconds: number): Promise<string> =>
  new SignJWT({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + seconds })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));

/** Programs take long to start on a machine that others use too. */
vi.setConfig({ testTimeout: 120_000 });
const timeout = 60_000;

let server: Restartable;
beforeAll(async () => {
  server = await openRestartable({ JWT_SECRET: secret, SOCKET_DRAIN_SECONDS: '0', RATE_LIMIT_PER_SECOND: '0' });
}, 90_000);
afterAll(() => server[Symbol.asyncDispose]());

/** A job that ends when the test says so. */
const waiting = { input: { type: 'simulate_work', delaySeconds: 900 } };
const open = (client: Client, seconds = 600, onToken: () => void = () => undefined): OpenedClient =>
  client.open({
    url: `${server.url}/graphql`,
    token() {
      onToken();
      return tokenFor(seconds);
    },
  });

async function ask(query: string, variables: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await tokenFor(600)}` };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}
async function newJob(): Promise<string> {
  const answer = await ask('mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }', waiting);
  return String(at(answer, 'data', 'createJob', 'job', 'jobId'));
}
const cancel = (jobId: string): Promise<unknown> =>
  ask('mutation ($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { status } } }', { jobId });

/** Follows the job with a client until the library considers the watch finished. */
function follow(opened: OpenedClient, jobId: string) {
  const seen: string[] = [];
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => undefined);
  const stop = opened.watch?.(
    { jobId },
    {
      next: (data) => void seen.push(String(at(data, 'jobStatusChanged', 'status'))),
      error: (error) => reject(error instanceof Error ? error : new Error(JSON.stringify(error))),
      complete: resolve,
    },
  );
  return { seen, ended, stop };
}

describe.each(clients.map((client) => [`${client.name} over ${client.transport}`, client] as const))('%s', (_name, client) => {
  test('query and mutation', async () => {
    const opened = open(client);
    const created = await opened.mutate(waiting);
    const jobId = String(at(created, 'createJob', 'job', 'jobId'));
    expect(at(created, 'createJob', 'job', 'status')).toBe('PENDING');
    expect(at(await opened.query({ jobId }), 'job')).toMatchObject({ jobId, status: 'PENDING' });
    await opened.close?.();
  });
});

describe('subscription, to the end, of', () => {
  test.each(watching.map((client) => [`${client.name} over ${client.transport}`, client] as const))('%s', async (_name, client) => {
    const opened = open(client);
    const jobId = await newJob();
    const { seen, ended, stop } = follow(opened, jobId);
    await expect.poll(() => seen, { timeout }).toEqual(['PENDING']);
    await cancel(jobId);
    await ended;
    expect(seen).toEqual(['PENDING', 'CANCELLED']);
    stop?.();
    await opened.close?.();
  });
});

describe('token expiry: a watch comes back with a new token and goes on, of', () => {
  test.each(watching.map((client) => [`${client.name} over ${client.transport}`, client] as const))('%s', async (_name, client) => {
    let isLate = false;
    const opened = open(client, 2, () => void (isLate = performance.now() - began > 2000));
    const jobId = await newJob();
    const began = performance.now();
    const { seen, ended, stop } = follow(opened, jobId);
    await expect.poll(() => isLate && seen.length > 0, { timeout }).toBe(true);
    await cancel(jobId);
    await ended;
    expect(seen.at(-1)).toBe('CANCELLED');
    stop?.();
    await opened.close?.();
  });
});

describe('restart: a watch goes on with the next server, of', () => {
  const watches = new Map<string, ReturnType<typeof follow> & { readonly opened: OpenedClient }>();
  beforeAll(async () => {
    const jobId = await newJob();
    for (const client of watching) {
      const opened = open(client);
      watches.set(`${client.name} ${client.transport}`, { ...follow(opened, jobId), opened });
    }
    await vi.waitUntil(() => [...watches.values()].every(({ seen }) => seen.length > 0), timeout);
    await server.stop();
    await server.start();
    await cancel(jobId);
  }, 120_000);

  test.each(watching.map((client) => [`${client.name} over ${client.transport}`, client] as const))('%s', async (_name, client) => {
    const watch = watches.get(`${client.name} ${client.transport}`);
    await watch?.ended;
    expect(watch?.seen.at(-1)).toBe('CANCELLED');
    watch?.stop?.();
    await watch?.opened.close?.();
  });
});

test('docs/clients.md has the table of these tests', async () => {
  const rows = clients.map((client) => {
    const mark = watching.includes(client) ? '✓' : '–';
    return `| ${client.name} | ${client.transport} | ✓ | ✓ | ${mark} | ${mark} | ${mark} |`;
  });
  const page = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8');
  const table = page.split('\n').filter((line) => /^\| .* \| [✓–] \|/.test(line));
  expect(table.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(rows);
});
