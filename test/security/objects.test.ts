import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClients, type Clients } from '../../infra/local/clients.ts';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { as, openGuarded, transportNames, transports, type Seen } from './stage.ts';

const secret = 'THE SECRET OF ALICE';
let api: ApiSystem;
let s3: Clients['s3'];

beforeAll(async () => {
  const environment = { S3_BUCKETS: 'files,second', SHARED_INPUTS: 's3://files/shared/,s3://files/examples/', ATTEMPTS_PER_RECEIVE: '1' };
  api = await openGuarded({ environment });
  s3 = createClients({ region: 'us-east-1', endpoints: api.endpoints }).s3;
  await s3.send(new CreateBucketCommand({ Bucket: 'second' })).catch(() => undefined);
  for (const Key of ['alice/secret.txt', '_41lice/secret.txt', 'bob/own.txt', 'shared/all.txt', 'examples/all.txt', 'top.txt']) {
    await s3.send(new PutObjectCommand({ Bucket: 'files', Key, Body: Key.includes('secret') ? secret : 'words of no secret' }));
  }
});
afterAll(async () => {
  s3.destroy();
  await api[Symbol.asyncDispose]();
});

const contentOf = async (key: string): Promise<string> =>
  (await (await s3.send(new GetObjectCommand({ Bucket: 'files', Key: key }))).Body?.transformToString()) ?? '';

async function handIn(transport: (typeof transportNames)[number], owner: string, params: object): Promise<Seen> {
  const query = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }';
  return transports[transport](api, { query, variables: { input: { type: 'process_document', params } } }, await as(owner));
}

async function endOf(owner: string, seen: Seen): Promise<unknown> {
  const query = 'query ($jobId: ID!) { waitForJob(jobId: $jobId) { status error { code message } result } }';
  const variables = { jobId: at(seen.data, 'createJob', 'job', 'jobId') };
  return at((await transports.HTTP(api, { query, variables }, await as(owner))).data, 'waitForJob');
}

/** Not Bob's, however it is written. */
const foreign: readonly (readonly [what: string, uri: string])[] = [
  ['another owner’s', 's3://files/alice/secret.txt'],
  ['another owner’s in another bucket', 's3://second/alice/secret.txt'],
  ['that of an owner in capitals', 's3://files/_41lice/secret.txt'],
  ['at the top of the bucket', 's3://files/top.txt'],
  ['in a folder that begins as one’s own', 's3://files/bobby/x.txt'],
  ['one’s own folder itself', 's3://files/bob/'],
  ['one’s own folder without a slash', 's3://files/bob'],
  ['one’s own folder in capitals', 's3://files/BOB/own.txt'],
  ['by way of an empty part', 's3://files//alice/secret.txt'],
  ['by way of an encoded letter', 's3://files/%62ob/own.txt'],
  ['by way of `..`', 's3://files/bob/../alice/secret.txt'],
  ['by way of `.`', 's3://files/./alice/secret.txt'],
  ['in a bucket that is called as one’s own folder', 's3://bob/own.txt'],
];

describe.each(transportNames)('an object that is not the caller’s, over %s', (transport) => {
  test.each(foreign)('%s is refused when the job is handed in, with its path, be it read or written', async (_what, uri) => {
    for (const [field, params] of [
      ['source', { source: uri }],
      ['output', { source: 's3://files/bob/own.txt', output: uri }],
    ] as const) {
      const { text, codes } = await handIn(transport, 'bob', params);
      expect(codes).toEqual(['BAD_USER_INPUT']);
      expect(text).toContain(`"path":["params","${field}"]`);
      expect(text).not.toContain(secret);
    }
  });

  test('is written by nobody where it is shared, not even by who is called as the folder is', async () => {
    for (const owner of ['bob', 'shared']) {
      const { codes } = await handIn(transport, owner, { source: 's3://files/shared/all.txt', output: 's3://files/shared/out.txt' });
      expect(codes).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('is one of many in a batch, of which the others are handed in', async () => {
    const query = 'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { created error { code path } } } }';
    const job = (source: string) => ({ type: 'process_document', params: { source } });
    const jobs = [job('s3://files/bob/own.txt'), job('s3://files/alice/secret.txt')];
    const { data } = await transports[transport](api, { query, variables: { input: { jobs } } }, await as('bob'));
    expect(at(data, 'createJobs', 'results')).toMatchObject([
      { created: true, error: null },
      { created: false, error: { code: 'BAD_USER_INPUT', path: ['params', 'source'] } },
    ]);
  });
});

test('a job reads its owner’s objects and shared ones, and writes its owner’s', async () => {
  for (const [source, output] of [
    ['s3://files/bob/own.txt', 's3://files/bob/deep/down/out.txt'],
    ['s3://files/shared/all.txt', 's3://files/bob/from-shared.txt'],
  ] as const) {
    expect(await endOf('bob', await handIn('HTTP', 'bob', { source, output }))).toMatchObject({ status: 'SUCCEEDED', result: { output } });
    expect(await contentOf(output.replace('s3://files/', ''))).toBe('words of no secret');
  }
  // What one's name is spelt like does not matter: it is a folder like any other.
  const capital = await handIn('HTTP', 'Alice', { source: 's3://files/_41lice/secret.txt' });
  expect(await endOf('Alice', capital)).toMatchObject({ status: 'SUCCEEDED', result: { text: secret } });
});

test('an output that another job has written stays as it is, and the job gets the reason', async () => {
  const output = 's3://files/bob/once.txt';
  expect(await endOf('bob', await handIn('HTTP', 'bob', { source: 's3://files/bob/own.txt', output }))).toMatchObject({
    status: 'SUCCEEDED',
  });
  const second = await endOf('bob', await handIn('HTTP', 'bob', { source: 's3://files/shared/all.txt', output }));
  expect(second).toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT' } });
  expect(at(second, 'error', 'message')).toContain(`${output} exists already`);
});

test.each(foreign)(
  '%s fails its job for good where the job came past the API, and not a byte of it is read or written',
  async (_what, uri) => {
    for (const params of [{ source: uri }, { source: 's3://files/bob/own.txt', output: uri }]) {
      const { job } = await api.core.table.create(makeJob({ owner: 'bob', type: 'process_document', params: inline(params) }));
      if (job === undefined) throw new Error('the job was not written');
      await api.core.queues.send('NORMAL', { jobId: job.jobId, generation: 1, version: 1, traceId: job.traceId }, 0);
      await expect
        .poll(() => api.core.table.get(job.jobId), { timeout: 10_000 })
        .toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT' } });
    }
    expect(await contentOf('alice/secret.txt')).toBe(secret);
    expect(await contentOf('top.txt')).toBe('words of no secret');
  },
);

test('a type’s example is one that the caller may hand in as it is', async () => {
  const { data } = await transports.HTTP(api, { query: '{ jobTypes { name example } }' }, await as('Carol'));
  const types = at(data, 'jobTypes');
  expect(types).toContainEqual({
    name: 'transform_data',
    example: { source: 's3://job-tickets/examples/sales.csv', output: 's3://job-tickets/_43arol/out/sales.jsonl', to: 'jsonl' },
  });
});
