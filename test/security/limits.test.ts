import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { at, openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { startRedis } from '../support/redis.ts';
import { as, expectServing, openGuarded, post, transportNames, transports } from './stage.ts';

const create = 'mutation { createJob(input: { type: "simulate_work" }) { created } }';
const watch = 'subscription { jobStatusChanged { version } }';
const slow = { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '5' };

/** Costs far more than a burst: its sender has nothing left for a minute and a half. */
const batch = {
  query: 'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { created } } }',
  variables: { input: { jobs: Array.from({ length: 100 }, () => ({ type: 'simulate_work' })) } },
};

/** How many of so many mutations, one after another, are let through, and what the last refusal says. */
async function createInALoop(api: ApiSystem, caller: { readonly authorization: string }, times: number) {
  let created = 0;
  let refusal: unknown;
  for (let count = 0; count < times; count += 1) {
    const { body } = await api.request(create, {}, caller);
    if (body.errors === undefined) created += 1;
    else refusal = body.errors[0]?.extensions;
  }
  return { created, refusal };
}

/** The first is accepted, and one of the next is refused: one a second is accepted, however slow this machine is. */
async function isLimited(ask: () => Promise<unknown>): Promise<void> {
  expect(await ask()).toBeUndefined();
  let code: unknown;
  for (let count = 0; count < 100 && code === undefined; count += 1) code = await ask();
  expect(code).toBe('RATE_LIMITED');
}

describe('createJob in a loop', () => {
  let shared: ApiSystem;
  beforeAll(async () => {
    shared = await openGuarded({ works: false, environment: slow });
  });
  afterAll(() => shared[Symbol.asyncDispose]());

  test('is RATE_LIMITED after a burst, with the seconds to wait, for that owner alone', async () => {
    const mallory = await as('mallory');
    const began = performance.now();
    const { created, refusal } = await createInALoop(shared, mallory, 50);
    expect(created).toBeGreaterThanOrEqual(5);
    expect(created).toBeLessThanOrEqual(5 + Math.ceil((performance.now() - began) / 1000));
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect((await createInALoop(shared, await as('alice'), 3)).created).toBe(3);
    // Refused requests are not counted, and one a second is accepted.
    await expect.poll(async () => (await createInALoop(shared, mallory, 1)).created, { timeout: 5000 }).toBe(1);
    await expectServing(shared);
  });

  test.each(transportNames)('cannot be hidden in one document or one batch, over %s', async (transport) => {
    const [caller, other] = [await as(`mallory ${transport}`), await as(`trudy ${transport}`)];
    const aliased = `mutation { ${Array.from({ length: 20 }, (_, index) => `m${index}: createJob(input: { type: "simulate_work" }) { created }`).join(' ')} }`;
    expect((await transports[transport](shared, { query: aliased }, caller)).codes).toEqual(['RATE_LIMITED']);
    const first = await transports[transport](shared, batch, other);
    const second = await transports[transport](shared, batch, other);
    expect([first.codes, second.codes]).toEqual([[], ['RATE_LIMITED']]);
  });

  test.each(transportNames)('leaves queries and waits their own, which have limits too, over %s', async (transport) => {
    const caller = await as(`walter ${transport}`);
    await transports.HTTP(shared, batch, caller);
    const query = { query: '{ jobs(first: 1) { edges { cursor } } }' };
    const wait = { query: '{ waitForJob(jobId: "none", timeoutSeconds: 0) { status } }' };
    expect((await transports[transport](shared, query, caller)).codes).toEqual([]);
    expect((await transports[transport](shared, wait, caller)).codes).toEqual(['JOB_NOT_FOUND']);
    await isLimited(async () => (await transports[transport](shared, query, caller)).codes[0]);
  });

  test.each(transportNames)('leaves watches their own, which have a limit too, over %s', async (transport) => {
    const caller = await as(`wanda ${transport}`);
    await transports.HTTP(shared, batch, caller);
    const { body } = await shared.request('{ jobs(first: 1) { edges { node { jobId } } } }', {}, caller);
    const jobId = at(body, 'data', 'jobs', 'edges', 0, 'node', 'jobId');
    const watchOne = { query: 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { version } }', variables: { jobId } };
    await isLimited(async () => (await transports[transport](shared, watchOne, caller)).codes[0]);
  });

  test('shows what is left of the budgets that were used, in the fields of the IETF draft', async () => {
    const { headers } = await shared.request(create, {}, await as('heather'));
    expect(headers.get('ratelimit-policy')).toContain('"jobs";q=5;w=5');
    expect(headers.get('ratelimit')).toContain('"jobs";r=4;t=1');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('takes nothing for a batch that is refused, and a hundred for one of a hundred', async () => {
    const caller = await as('bertha');
    const jobs = Array.from({ length: 101 }, () => ({ type: 'simulate_work' }));
    expect((await transports.HTTP(shared, { ...batch, variables: { input: { jobs } } }, caller)).codes).toEqual(['BAD_USER_INPUT']);
    expect((await transports.HTTP(shared, batch, caller)).codes).toEqual([]);
    const { refusal } = await createInALoop(shared, caller, 1);
    expect(at(refusal, 'retryAfterSeconds')).toBeGreaterThan(90);
  });

  test('is limited across servers that share a Redis, and not at all while that is away, which is logged once', async () => {
    const redis = await startRedis();
    try {
      const environment = { ...slow, REDIS_URL: redis.url };
      await using one = await openGuarded({ works: false, environment });
      await using other = await openGuarded({ works: false, environment });
      const mallory = await as('mallory');
      expect((await transports.HTTP(one, batch, mallory)).codes).toEqual([]);
      expect((await createInALoop(other, mallory, 3)).created).toBe(0);
      await redis.stop();
      expect((await createInALoop(one, mallory, 20)).created).toBe(20);
      expect(one.logged.filter((line) => line.includes('nobody’s rate is limited'))).toHaveLength(1);
      await redis.restart();
      await expect.poll(async () => (await createInALoop(one, mallory, 20)).refusal, { timeout: 30_000 }).toBeDefined();
    } finally {
      await redis.stop();
    }
  });

  test('has no limit where owners are not told apart, unless one is set', async () => {
    await using open = await openApiSystem({ works: false });
    expect((await createInALoop(open, { authorization: '' }, 50)).created).toBe(50);
    await using limited = await openApiSystem({ works: false, environment: slow });
    expect((await createInALoop(limited, { authorization: '' }, 50)).created).toBeLessThan(30);
  });
});

describe('connections', () => {
  test('of one owner are limited, sockets, streams and requests together, and are free again when they end', async () => {
    await using api = await openGuarded({ works: false, environment: { MAX_CONNECTIONS_PER_OWNER: '3' } });
    const mallory = await as('mallory');
    const sockets = [await openSocket(api.url, mallory), await openSocket(api.url, mallory)];
    const leaving = new AbortController();
    const stream = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...mallory },
      body: JSON.stringify({ query: watch }),
      signal: leaving.signal,
    });
    expect(stream.status).toBe(200);

    await expect(openSocket(api.url, mallory)).rejects.toThrow('4429');
    const refused = await post(api, { query: '{ __typename }' }, { ...mallory, accept: 'application/graphql-response+json' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }] });
    await expectServing(api);

    leaving.abort();
    for (const socket of sockets) socket.end();
    await expect.poll(() => api.request('{ __typename }', {}, mallory).then(({ status }) => status)).toBe(200);
  });

  test('by the thousand from one owner take nothing from others', { timeout: 60_000 }, async () => {
    await using api = await openGuarded({ works: false, environment: { MAX_CONNECTIONS_PER_OWNER: '50' } });
    const mallory = await as('mallory');
    const codes: number[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(Array.from({ length: 100 }, () => open(api.url, mallory).then((code) => codes.push(code))));
      await expectServing(api);
    }
    expect(codes.filter((code) => code === 0)).toHaveLength(50);
    expect(codes.filter((code) => code === 4429)).toHaveLength(950);
  });

  test('beyond what one server takes are answered with 503', async () => {
    await using api = await openGuarded({ works: false, environment: { MAX_SOCKETS: '2' } });
    const sockets = [await openSocket(api.url, await as('alice')), await openSocket(api.url, await as('bob'))];
    await expect(openSocket(api.url, await as('carol'))).rejects.toThrow('503');
    sockets[0]?.end();
    await expect.poll(() => openSocket(api.url).then(() => 'open', String)).not.toContain('503');
    await expectServing(api);
  });

  test.each([
    ['100 operations at a time and not one more, as a rule', {}, 100],
    ['as many as are set', { MAX_OPERATIONS_PER_SOCKET: '3' }, 3],
  ])('have %s', async (_promise, environment, most) => {
    await using api = await openGuarded({ works: false, environment });
    const socket = await openSocket(api.url, await as('mallory'));
    for (let id = 1; id <= most + 1; id += 1) socket.send({ id: String(id), type: 'subscribe', payload: { query: watch } });
    expect(await socket.messages(1)).toMatchObject([
      { id: String(most + 1), type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }] },
    ]);
    socket.send({ id: '1', type: 'complete' });
    socket.send({ id: 'one more', type: 'subscribe', payload: { query: '{ __typename }' } });
    const [answer] = await socket.messages(1);
    expect([at(answer, 'id'), at(answer, 'type')]).toEqual(['one more', 'next']);
    socket.end();
  });

  test('take 10,000 operations on one socket, and run 100', async () => {
    await using api = await openGuarded({ works: false, environment: { RATE_LIMIT_BURST: '100000' } });
    const socket = await openSocket(api.url, await as('mallory'));
    for (let id = 1; id <= 10_000; id += 1) socket.send({ id: String(id), type: 'subscribe', payload: { query: watch } });
    const refusals = await socket.messages(9900);
    expect(refusals.every((message) => at(message, 'payload', 0, 'extensions', 'code') === 'RATE_LIMITED')).toBe(true);
    await expectServing(api);
    socket.end();
  });
});

/** Opens a socket and leaves it open: 0 when it was let in, else the code it was closed with. */
function open(url: string, connectionParams: object): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: connectionParams })));
    socket.once('message', () => resolve(0));
    socket.once('close', resolve);
  });
}
