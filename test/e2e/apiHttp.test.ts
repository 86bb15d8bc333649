import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { at, openApiSystem, type ApiSystem } from './apiSystem.ts';
import { engines } from '../support/engines.ts';

describe.each(engines)('on %s', (engine) => {
  let api: ApiSystem;
  beforeAll(async () => {
    api = await openApiSystem({ engine });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const someText: unknown = expect.any(String);
  const create =
    'mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId status params idempotencyKey traceId } } }';

  describe('the API over HTTP', () => {
    it('passes every audit of the GraphQL over HTTP specification', async () => {
      const results = await auditServer({ url: `${api.url}/graphql` });
      expect(results.length).toBeGreaterThan(50);
      expect(results.filter(({ status }) => status !== 'ok').map(({ id, name }) => `${id} ${name}`)).toEqual([]);
    });

    it('hands in a job, waits for its end and reads it back', async () => {
      const jobId = await api.createJob({ payload: { a: [1] } });
      const waited = await api.request('query ($jobId: ID!) { waitForJob(jobId: $jobId) { status result history { version status } } }', {
        jobId,
      });
      expect(at(waited.body, 'data', 'waitForJob')).toMatchObject({
        status: 'SUCCEEDED',
        result: { attempts: 1, payload: { a: [1] } },
        history: [
          { version: 1, status: 'PENDING' },
          { version: 2, status: 'PROCESSING' },
          { version: 3, status: 'SUCCEEDED' },
        ],
      });
      const listed = await api.request('{ jobs(first: 100) { edges { cursor node { jobId } } pageInfo { hasNextPage endCursor } } }');
      expect(JSON.stringify(at(listed.body, 'data', 'jobs', 'edges'))).toContain(jobId);
    });

    it('returns each job type with the JSON Schema of its params', async () => {
      const { body } = await api.request('{ jobTypes { name description paramsSchema example policy { timeoutSeconds } } }');
      expect(at(body, 'data', 'jobTypes')).toHaveLength(4);
      const types = z.array(z.looseObject({ name: z.string() })).parse(at(body, 'data', 'jobTypes'));
      expect(types.find(({ name }) => name === 'simulate_work')).toMatchObject({
        paramsSchema: { type: 'object', additionalProperties: false },
      });
    });

    it('answers each of several jobs by itself', async () => {
      const { body } = await api.request(
        'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { created job { type } error { code path whatToDo } } } }',
        {
          input: {
            jobs: [
              { type: 'simulate_work' },
              { type: 'nope' },
              { type: 'simulate_work', params: { steps: -1 } },
              { type: 'simulate_work', params: { payload: '\ud800' } },
            ],
          },
        },
      );
      expect(at(body, 'data', 'createJobs', 'results')).toMatchObject([
        { created: true, job: { type: 'simulate_work' }, error: null },
        { created: false, job: null, error: { code: 'UNKNOWN_JOB_TYPE', path: ['type'] } },
        { created: false, job: null, error: { code: 'BAD_USER_INPUT', path: ['params', 'steps'] } },
        { created: false, job: null, error: { code: 'BAD_USER_INPUT', path: ['params', 'payload'] } },
      ]);
    });
  });

  describe('the header Idempotency-Key', () => {
    it('gives the same job for the same key, quoted or bare', async () => {
      const first = await api.request(create, { input: { type: 'simulate_work' } }, { 'idempotency-key': '"header-1"' });
      const second = await api.request(create, { input: { type: 'simulate_work' } }, { 'idempotency-key': 'header-1' });
      const third = await api.request(create, { input: { type: 'simulate_work', idempotencyKey: 'header-1' } });
      expect(at(first.body, 'data', 'createJob')).toMatchObject({ created: true, job: { idempotencyKey: 'header-1' } });
      const jobId = at(first.body, 'data', 'createJob', 'job', 'jobId');
      for (const { body } of [second, third]) expect(at(body, 'data', 'createJob')).toMatchObject({ created: false, job: { jobId } });
      const found = await api.request('{ jobByIdempotencyKey(idempotencyKey: "header-1") { jobId } }');
      expect(at(found.body, 'data', 'jobByIdempotencyKey', 'jobId')).toBe(jobId);
    });

    it('is refused where it is malformed, differs from the field, or would be the key of several jobs', async () => {
      const input = { type: 'simulate_work', idempotencyKey: 'field' };
      const answers = await Promise.all([
        api.request(create, { input }, { 'idempotency-key': 'header' }),
        api.request(create, { input }, { 'idempotency-key': '"open' }),
        api.request(
          'mutation { a: createJob(input: { type: "simulate_work" }) { created } ...F } fragment F on Mutation { b: createJob(input: { type: "simulate_work" }) { created } }',
          {},
          { 'idempotency-key': 'k' },
        ),
        api.request(
          'mutation { createJobs(input: { jobs: [{ type: "simulate_work" }] }) { results { created } } }',
          {},
          { 'idempotency-key': 'k' },
        ),
      ]);
      for (const { body } of answers)
        expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['idempotencyKey'] });
    });
  });

  describe('an error', () => {
    it('names its code, its place in the input and what to do', async () => {
      const variable = await api.request(create, { input: { type: 'simulate_work', priority: 'URGENT' } });
      expect(variable.body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['priority'] });
      const literal = await api.request(
        'mutation { createJob(input: { type: "simulate_work", params: { payload: [1, 1e400] } }) { created } }',
      );
      expect(literal.body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['params', 'payload', 1] });
      const missing = await api.request('{ job(jobId: "nobody’s") { jobId } }');
      expect(missing.body.errors?.[0]?.extensions).toMatchObject({ code: 'JOB_NOT_FOUND', whatToDo: someText });
    });

    it('belongs to the trace of its request', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const { headers, body } = await api.request(create, { input: { type: 'simulate_work' } }, { traceparent });
      expect(headers.get('x-trace-id')).toBe('0af7651916cd43dd8448eb211c80319c');
      expect(headers.get('traceparent')).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-01$/);
      expect(at(body, 'data', 'createJob', 'job', 'traceId')).toBe('0af7651916cd43dd8448eb211c80319c');
    });
  });

  describe('beside GraphQL', () => {
    it('says that it lives, and that it is ready', async () => {
      expect(await (await fetch(`${api.url}/healthz`)).json()).toEqual({ status: 'alive' });
      const ready = await fetch(`${api.url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
    });

    it('answers an unknown path with a small 404', async () => {
      const response = await fetch(`${api.url}/nope`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    });

    it('serves GraphiQL that loads nothing from elsewhere', async () => {
      const response = await fetch(`${api.url}/graphql`, { headers: { accept: 'text/html' } });
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await response.text()).not.toMatch(/<(script|link|img)[^>]*(src|href)="https?:/);
    });

    it('says which part does not answer, and why', async () => {
      await using unready = await openApiSystem({
        engine,
        works: false,
        replace: () => ({ notReady: () => Promise.resolve([{ part: 'table', reason: 'ResourceNotFoundException' }]) }),
      });
      const ready = await fetch(`${unready.url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: 'not ready', parts: [{ part: 'table', reason: 'ResourceNotFoundException' }] },
      ]);
      expect((await fetch(`${unready.url}/healthz`)).status).toBe(200);
    });
  });
});
