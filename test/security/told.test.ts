/** What answers, pages and logs reveal, and to whom. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobTypesOf } from '../../core/jobList.ts';
import jobs from '../../jobs/index.ts';
import { openMetricsServer } from '../../runtime/metricsServer.ts';
import { createGraphiQL } from '../../server/pages/graphiql.ts';
import { at, openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { freePort } from '../support/freePort.ts';
import { startEntry } from '../support/processes.ts';
import { silentLog } from '../support/silentLog.ts';
import { as, openGuarded, post, secret, transportNames, transports } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openGuarded({
    works: false,
    environment: { REQUEST_TIMEOUT_SECONDS: '1', HEADERS_TIMEOUT_SECONDS: '1', CORS_ORIGINS: 'https://app.example' },
  });
});
afterAll(() => api[Symbol.asyncDispose]());

/** Resolves when the server has closed the connection of the next request. */
function endOfNextRequest(): Promise<void> {
  const channel = 'http.server.request.start';
  const { promise, resolve } = Promise.withResolvers<void>();
  const onRequest = (message: unknown): void => {
    unsubscribe(channel, onRequest);
    const socket = at(message, 'socket');
    if (socket instanceof Socket) socket.once('close', () => resolve());
  };
  subscribe(channel, onRequest);
  return promise;
}

describe('an answer to a token', () => {
  test.each(['application/json', 'text/event-stream'])('is kept by no cache: %s', async (accept) => {
    const response = await post(api, { query: '{ jobTypes { name } }' }, { ...(await as('alice')), accept });
    expect(response.headers.get('cache-control')).toBe('no-store');
    await response.text();
    const queues = await fetch(`${api.url}/dashboard/queues`, { headers: await as('root', { scope: 'admin' }) });
    expect([queues.status, queues.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  test('is given to a page of another origin for its token, not for its cookies', async () => {
    const response = await post(api, { query: '{ __typename }' }, { ...(await as('alice')), origin: 'https://app.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('access-control-expose-headers')).toContain('ratelimit');
  });

  test('that its client does not read is given up', async () => {
    const { authorization } = await as('rita');
    const job = { type: 'simulate_work', params: { payload: 'x'.repeat(250_000) }, delaySeconds: 900 };
    const create = 'mutation ($jobs: [CreateJobInput!]!) { createJobs(input: { jobs: $jobs }) { results { created } } }';
    for (let count = 0; count < 5; count += 1) await api.request(create, { jobs: [job, job, job, job] }, { authorization });
    const body = JSON.stringify({ query: '{ jobs(first: 19) { edges { node { params b: params } } } }' });
    const socket = connect({ port: Number(new URL(api.url).port), host: '127.0.0.1' }).pause();
    socket.on('error', () => undefined);
    const givenUp = endOfNextRequest();
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await givenUp;
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length)).resume();
    await once(socket, 'close');
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(9_000_000);
  });
});

describe.each(transportNames)('over %s, an id that no job has', (transport) => {
  test.each([
    ['of 65 characters', 'x'.repeat(65)],
    ['of 2,049 bytes', 'x'.repeat(2049)],
    ['of 100,000 signs', '\u{1f600}'.repeat(50_000)],
    ['of none', ''],
  ])('%s is JOB_NOT_FOUND, whatever it is asked for', async (_what, id) => {
    for (const query of [
      'query ($id: ID!) { job(jobId: $id) { jobId } }',
      'query ($id: ID!) { waitForJob(jobId: $id, timeoutSeconds: 0) { jobId } }',
      'mutation ($id: ID!) { retryJob(input: { jobId: $id }) { job { jobId } } }',
      'mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { job { jobId } } }',
      'subscription ($id: ID!) { jobStatusChanged(jobId: $id) { version } }',
    ]) {
      const { codes } = await transports[transport](api, { query, variables: { id } }, await as('alice'));
      expect(codes, query).toEqual(['JOB_NOT_FOUND']);
    }
  });

  test('nor a key that none may have', async () => {
    const query = 'query ($key: String!) { jobByIdempotencyKey(idempotencyKey: $key) { jobId } }';
    const { codes, data } = await transports[transport](api, { query, variables: { key: 'k'.repeat(3000) } }, await as('alice'));
    expect([codes, at(data, 'jobByIdempotencyKey')]).toEqual([[], null]);
  });
});

test('metrics are served only to GET, by the server and by the other processes', async () => {
  const metricsPort = await freePort();
  const close = await openMetricsServer({ config: { host: '127.0.0.1', metricsPort }, scrape: () => Promise.resolve(''), log: silentLog });
  for (const url of [`${api.url}/metrics`, `http://127.0.0.1:${metricsPort}/metrics`]) {
    expect((await fetch(url)).status).toBe(200);
    for (const method of ['POST', 'HEAD', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await fetch(url, { method });
      expect([status, headers.get('allow')], method).toEqual([405, 'GET']);
    }
  }
  await close();
});

test('GraphiQL keeps no token in the browser', async () => {
  expect((await createGraphiQL(jobTypesOf(jobs))()).html).toMatch(/"?shouldPersistHeaders"?: ?false/);
});

test('the log of a server in production says nowhere that there is a GraphiQL', async () => {
  await using entry = await startEntry('start', { env: { NODE_ENV: 'production', DATA_DIR: '', JWT_SECRET: secret } });
  expect(entry.logs()).not.toMatch(/graphi?ql/i);
  await using open = await startEntry('start', { env: { DATA_DIR: '' } });
  expect(open.logs()).toContain('graphiql');
});

test('a page that may open a developer’s server may not read it from another origin', async () => {
  await using open = await openApiSystem({ works: false });
  const response = await post(open, { query: '{ __typename }' }, { origin: 'https://evil.example' });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
});
