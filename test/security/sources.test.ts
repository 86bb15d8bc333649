import { once } from 'node:events';
import { createServer } from 'node:http';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClients, type Clients } from '../../infra/local/clients.ts';
import { at, openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { portOf } from '../support/portOf.ts';

const secret = 'THE CONTENT OF ANOTHER BUCKET';
let api: ApiSystem;
let s3: Clients['s3'];
/** What an internal address would be asked for. */
const asked: string[] = [];
const internal = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end(secret);
});

beforeAll(async () => {
  internal.listen(0, '127.0.0.1');
  await once(internal, 'listening');
  api = await openApiSystem({ environment: { S3_BUCKETS: 'allowed', MAX_SOURCE_BYTES: '100000', ATTEMPTS_PER_RECEIVE: '1' } });
  s3 = createClients({ region: 'us-east-1', endpoints: api.endpoints }).s3;
  await s3.send(new CreateBucketCommand({ Bucket: 'forbidden' }));
  await s3.send(new PutObjectCommand({ Bucket: 'forbidden', Key: 'secret.txt', Body: secret }));
  await s3.send(new PutObjectCommand({ Bucket: 'allowed', Key: 'large.txt', Body: 'x'.repeat(100_001) }));
});
afterAll(async () => {
  s3.destroy();
  internal.close();
  await api[Symbol.asyncDispose]();
});

const sources: readonly (readonly [what: string, source: () => string])[] = [
  ['in a bucket that is not allowed', () => 's3://forbidden/secret.txt'],
  ['in a bucket by way of `..`', () => 's3://allowed/../forbidden/secret.txt'],
  ['by way of `..` in the middle', () => 's3://allowed/a/../../forbidden/secret.txt'],
  ['by way of an encoded `..`', () => 's3://allowed/%2e%2e/forbidden/secret.txt'],
  ['by way of a backslash', () => 's3://allowed\\..\\forbidden/secret.txt'],
  ['with a user before the bucket', () => 's3://allowed@forbidden/secret.txt'],
  ['with a query', () => 's3://allowed?bucket=forbidden/secret.txt'],
  ['with a bucket in capitals', () => 's3://FORBIDDEN/secret.txt'],
  ['that is an access point', () => 's3://arn:aws:s3:us-east-1:1:accesspoint/forbidden/secret.txt'],
  ['that is a file', () => 'file:///etc/passwd'],
  ['that is a path', () => '/etc/passwd'],
  ['at the metadata address', () => 'http://169.254.169.254/latest/meta-data/'],
  ['at an internal address', () => `http://127.0.0.1:${portOf(internal)}/`],
  ['at an internal address that is called a bucket', () => `s3://127.0.0.1:${portOf(internal)}/secret`],
  ['with a newline', () => 's3://allowed/a\r\nHost: forbidden/secret.txt'],
  ['of too many bytes', () => 's3://allowed/large.txt'],
];

describe('a source', () => {
  test.each(sources)('%s is refused by the API, or fails its job for good, and nothing of it is read', async (_what, sourceOf) => {
    for (const input of [
      { type: 'process_document', params: inline({ source: sourceOf() }) },
      { type: 'transform_data', params: { source: sourceOf(), output: 's3://allowed/out.jsonl', to: 'jsonl' } },
      { type: 'generate_report', params: { source: sourceOf(), output: 's3://allowed/out.html', groupBy: 'a', value: 'b' } },
    ]) {
      const made = await api.request('mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }', { input });
      if (made.body.errors !== undefined) {
        expect(made.body.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['params', 'source'] });
        continue;
      }
      const ended = await api.request('query ($jobId: ID!) { waitForJob(jobId: $jobId) { status error { code } result } }', {
        jobId: at(made.body, 'data', 'createJob', 'job', 'jobId'),
      });
      expect(at(ended.body, 'data', 'waitForJob')).toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT' }, result: null });
    }
    expect(asked).toEqual([]);
  });

  test.each(sources)('%s fails its job for good also where the job came past the API', async (_what, sourceOf) => {
    const { table, queues } = api.core;
    const { job } = await table.create(makeJob({ type: 'process_document', params: inline({ source: sourceOf() }) }));
    if (job === undefined) throw new Error('the job was not written');
    await queues.send('NORMAL', { jobId: job.jobId, generation: 1, version: 1, traceId: job.traceId }, 0);
    await expect
      .poll(() => table.get(job.jobId), { timeout: 10_000 })
      .toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT' } });
    expect(asked).toEqual([]);
  });

  test('is written nowhere but to a bucket that is allowed', async () => {
    for (const output of ['s3://forbidden/out', 's3://allowed/../forbidden/out', `http://127.0.0.1:${portOf(internal)}/out`]) {
      const { job } = await api.core.table.create(
        makeJob({ type: 'process_document', params: inline({ source: 's3://allowed/text.txt', output }) }),
      );
      await s3.send(new PutObjectCommand({ Bucket: 'allowed', Key: 'text.txt', Body: 'a text' }));
      if (job === undefined) throw new Error('the job was not written');
      await api.core.queues.send('NORMAL', { jobId: job.jobId, generation: 1, version: 1, traceId: job.traceId }, 0);
      await expect
        .poll(() => api.core.table.get(job.jobId), { timeout: 10_000 })
        .toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT' } });
    }
    expect(asked).toEqual([]);
  });
});
