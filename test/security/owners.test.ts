import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { as, openGuarded, transportNames, transports } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openGuarded({ environment: { RATE_LIMIT_PER_SECOND: '0' } });
});
afterAll(() => api[Symbol.asyncDispose]());

const create =
  'mutation ($params: JSON, $key: String, $delay: Int) { createJob(input: { type: "simulate_work", params: $params, idempotencyKey: $key, delaySeconds: $delay }) { created job { jobId owner params } } }';
const jobIdOf = (data: unknown): string => String(at(data, 'createJob', 'job', 'jobId'));
const delayed = { delay: 900 };

/** What a caller may try with somebody else's ticket. */
const attempts: readonly (readonly [what: string, query: string])[] = [
  ['read', 'query ($jobId: ID!) { job(jobId: $jobId) { jobId params } }'],
  ['waited for', 'query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 1) { jobId } }'],
  ['cancelled', 'mutation ($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { jobId } } }'],
  ['retried', 'mutation ($jobId: ID!) { retryJob(input: { jobId: $jobId }) { job { jobId } } }'],
  ['sent a signal', 'mutation ($jobId: ID!) { sendSignal(input: { jobId: $jobId, name: "x" }) { job { jobId } } }'],
  ['watched', 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { version } }'],
  ['resumed', 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId, afterVersion: 1) { version } }'],
  ['resumed beyond its end', 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId, afterVersion: 99) { version } }'],
];

describe.each(transportNames)('another owner’s job, over %s', (transport) => {
  test.each(attempts)('cannot be %s: exactly as if it did not exist', async (_what, query) => {
    const [alice, bob] = [await as('alice'), await as('bob')];
    const jobId = jobIdOf((await transports.HTTP(api, { query: create, variables: delayed }, alice)).data);
    const theirs = await transports[transport](api, { query, variables: { jobId } }, bob);
    const nobodys = await transports[transport](api, { query, variables: { jobId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } }, bob);
    expect(theirs.codes).toEqual(['JOB_NOT_FOUND']);
    expect(theirs.text.replaceAll(/id: .*\n/g, '')).toBe(nobodys.text);
    expect(
      (await transports.HTTP(api, { query: 'query ($jobId: ID!) { job(jobId: $jobId) { status } }', variables: { jobId } }, alice)).data,
    ).toEqual({
      job: { status: 'PENDING' },
    });
  });

  test('is in no list, behind no cursor and under no key of theirs', async () => {
    const [alice, carol] = [await as('alice'), await as(`carol-${transport}`)];
    await transports.HTTP(api, { query: create, variables: { ...delayed, key: `k-${transport}` } }, alice);
    const listed = await transports.HTTP(api, { query: '{ jobs(first: 1) { edges { cursor } } }' }, alice);
    const cursor = at(listed.data, 'jobs', 'edges', 0, 'cursor');
    for (const direction of ['first: 100, after', 'first: 100, before', 'last: 100, after', 'last: 100, before']) {
      const query = `query ($cursor: String!) { jobs(${direction}: $cursor) { edges { node { jobId } } } }`;
      expect((await transports[transport](api, { query, variables: { cursor } }, carol)).data).toEqual({ jobs: { edges: [] } });
    }
    const byKey = `{ jobByIdempotencyKey(idempotencyKey: "k-${transport}") { jobId } }`;
    expect((await transports[transport](api, { query: byKey }, carol)).data).toEqual({ jobByIdempotencyKey: null });
    const own = await transports[transport](api, { query: create, variables: { ...delayed, key: `k-${transport}` } }, carol);
    expect(own.data).toMatchObject({ createJob: { created: true, job: { owner: `carol-${transport}` } } });
  });

  test.each([
    ['list', '{ jobs(owner: "alice") { edges { cursor } } }', '{ jobs(owner: "nobody") { edges { cursor } } }'],
    [
      'key',
      '{ jobByIdempotencyKey(owner: "alice", idempotencyKey: "k-HTTP") { jobId } }',
      '{ jobByIdempotencyKey(owner: "nobody", idempotencyKey: "k") { jobId } }',
    ],
    ['feed', 'subscription { jobStatusChanged(owner: "alice") { jobId } }', 'subscription { jobStatusChanged(owner: "nobody") { jobId } }'],
  ])('and their whole %s is FORBIDDEN to ask for, whether there is such an owner or not', async (_what, theirs, nobodys) => {
    const bob = await as('bob', { scope: 'jobs administrator ADMIN' });
    const answers = [await transports[transport](api, { query: theirs }, bob), await transports[transport](api, { query: nobodys }, bob)];
    expect(answers.map(({ codes }) => codes)).toEqual([['FORBIDDEN'], ['FORBIDDEN']]);
  });
});

describe.each(transportNames)('an admin, over %s', (transport) => {
  test('lists, reads, watches, waits for, cancels and retries the jobs of others', async () => {
    const [dave, admin] = [await as('dave'), await as('root', { scope: 'openid admin' })];
    const jobId = jobIdOf((await transports.HTTP(api, { query: create, variables: delayed }, dave)).data);
    const run = (query: string): ReturnType<(typeof transports)['HTTP']> =>
      transports[transport](api, { query, variables: { jobId } }, admin);
    expect((await run('{ jobs(owner: "dave", first: 1) { edges { node { jobId owner } } } }')).data).toEqual({
      jobs: { edges: [{ node: { jobId, owner: 'dave' } }] },
    });
    expect((await run('{ jobs { edges { cursor } } }')).data).toEqual({ jobs: { edges: [] } });
    expect((await run('query ($jobId: ID!) { job(jobId: $jobId) { owner } }')).data).toEqual({ job: { owner: 'dave' } });
    const watched = await run('subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { status job { owner } } }');
    expect(watched.data).toEqual({ jobStatusChanged: { status: 'PENDING', job: { owner: 'dave' } } });
    expect((await run('mutation ($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { status } } }')).data).toEqual({
      cancelJob: { job: { status: 'CANCELLED' } },
    });
    expect((await run('query ($jobId: ID!) { waitForJob(jobId: $jobId) { status } }')).data).toEqual({
      waitForJob: { status: 'CANCELLED' },
    });
    expect((await run('mutation ($jobId: ID!) { retryJob(input: { jobId: $jobId }) { job { generation } } }')).data).toEqual({
      retryJob: { job: { generation: 2 } },
    });
  });
});
