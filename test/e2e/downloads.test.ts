import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClients } from '../../infra/local/clients.ts';
import { uploadExamples } from '../../infra/local/exampleFiles.ts';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { engines } from '../support/engines.ts';
import { at, openApiSystem, type ApiSystem } from './apiSystem.ts';

const create = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }';
const outputsQuery = 'query ($jobId: ID!) { waitForJob(jobId: $jobId) { status outputs { name uri downloadPath } } }';
const output = 's3://job-tickets/alice/out/Verkäufe "2026".jsonl';

describe.each(engines)('what a job wrote, on %s', (engine) => {
  let system: ApiSystem;
  let jobId: string;
  let path: string;

  const get = async (url: string, owner?: string, scope = '', method = 'GET'): Promise<Response> => {
    const headers = owner === undefined ? {} : { authorization: `Bearer ${await tokenFor(owner, scope)}` };
    return fetch(`${system.url}${url}`, { headers, method });
  };

  beforeAll(async () => {
    const environment = { RECEIVE_WAIT_SECONDS: '1', JWT_SECRET: jwtSecret };
    system = await openApiSystem({ engine, environment });
    if (engine === 'emulators') {
      using clients = createClients({ region: 'us-east-1', endpoints: system.endpoints });
      await uploadExamples(clients.s3, 'job-tickets');
    }
    const authorization = { authorization: `Bearer ${await tokenFor('alice')}` };
    const params = { source: 's3://job-tickets/examples/sales.csv', output, to: 'jsonl' };
    const created = await system.request(create, { input: { type: 'transform_data', params } }, authorization);
    jobId = String(at(created.body, 'data', 'createJob', 'job', 'jobId'));
    path = `/jobs/${jobId}/outputs/output`;
  }, 60_000);
  afterAll(() => system[Symbol.asyncDispose]());

  test('is listed with its address, once the job has succeeded', async () => {
    const { body } = await system.request(outputsQuery, { jobId }, { authorization: `Bearer ${await tokenFor('alice')}` });
    expect(at(body, 'data', 'waitForJob')).toEqual({ status: 'SUCCEEDED', outputs: [{ name: 'output', uri: output, downloadPath: path }] });
  });

  test('is given to its owner and to admins as a file to be saved, whatever it holds', async () => {
    const response = await get(path, 'alice');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="Verk_ufe _2026_.jsonl"; filename*=UTF-8''Verk%C3%A4ufe%20%222026%22.jsonl`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    const text = await response.text();
    const [first = ''] = text.split('\n');
    expect(first).toContain('"region"');
    expect(await (await get(path, 'root', 'admin')).text()).toBe(text);
    const head = await get(path, 'alice', '', 'HEAD');
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  });

  test('is nothing that is there for anybody else, and no path leads past it', async () => {
    const stranger = await get(path, 'bob');
    expect(stranger.status).toBe(404);
    const nobodys = await get(`/jobs/${'0'.repeat(26)}/outputs/output`, 'bob');
    expect(await stranger.json()).toEqual(await nobodys.json());
    expect((await get(path)).status).toBe(401);
    for (const name of ['source', 'nothing', '..%2F..', '%E0%A4%A'])
      expect((await get(`/jobs/${jobId}/outputs/${name}`, 'alice')).status).toBe(404);
    expect((await get(path, 'alice', '', 'POST')).status).toBe(405);
    const watch = 'mutation ($jobId: ID!) { createWatchToken(input: { jobId: $jobId }) { token } }';
    const { body } = await system.request(watch, { jobId }, { authorization: `Bearer ${await tokenFor('alice')}` });
    const authorization = `Bearer ${String(at(body, 'data', 'createWatchToken', 'token'))}`;
    expect((await fetch(`${system.url}${path}`, { headers: { authorization } })).status).toBe(403);
    expect((await fetch(`${system.url}${path}`, { headers: { origin: 'https://elsewhere.example' } })).status).toBe(403);
  });

  test('is not given out before the job has succeeded, nor once the file is gone', async () => {
    const authorization = { authorization: `Bearer ${await tokenFor('alice')}` };
    const params = { source: 's3://job-tickets/examples/sales.csv', output, to: 'jsonl' };
    const input = { type: 'transform_data', params, delaySeconds: 900 };
    const { body } = await system.request(create, { input }, authorization);
    const waiting = String(at(body, 'data', 'createJob', 'job', 'jobId'));
    expect((await get(`/jobs/${waiting}/outputs/output`, 'alice')).status).toBe(404);
    await system.removeObject(output);
    const gone = await get(path, 'alice');
    expect([gone.status, at(await gone.json(), 'errors', 0, 'message')]).toEqual([404, expect.stringContaining('does not exist')]);
  });
});
