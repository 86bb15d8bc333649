import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ulid } from 'ulid';
import { afterAll, expect, inject, test } from 'vitest';
import { encodeMessage } from '../core/queue/message.ts';
import { encodeJob } from '../core/table/dynamodb/codec.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { startSystem } from '../test/support/startSystem.ts';
import { bundleLambdas, type Bundles } from './stacks/bundles.ts';

const folder = await mkdtemp(join(tmpdir(), 'job-tickets-bundles-'));
const bundles = bundleLambdas(folder);
const system = await startSystem({ parts: [], redisUrl: inject('redisUrl') });
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const hour = 3_600_000;

test('dlqHandler, bundled, ends the job of a dead letter', async () => {
  const job = makeJob({ failures: 9, error: { code: 'ATTEMPT_FAILED', message: 'It failed.', attempt: 9, at: 1 } });
  await system.core.table.create(job);
  const body = encodeMessage({ jobId: job.jobId, generation: 1, version: 1, traceId: job.traceId });
  expect(await invoke('dlqHandler', { Records: [{ messageId: '1', body, attributes: {} }] })).toEqual({ batchItemFailures: [] });
  expect(await system.core.table.get(job.jobId)).toMatchObject({ status: 'FAILED_FINAL' });
});

test('streamRelay, bundled, publishes the transition of a record, or reports that it could not', async () => {
  const job = makeJob();
  const dynamodb = { SequenceNumber: '1', NewImage: encodeJob(job) };
  const event = { Records: [{ eventID: '1', eventName: 'INSERT', dynamodb }] };
  // At first a container may have no connection yet; Lambda then delivers the record again.
  expect(await invoke('streamRelay', event, { until: (answer) => JSON.stringify(answer) === '{"batchItemFailures":[]}' })).toEqual({
    batchItemFailures: [],
  });
});

test('sweeper, bundled, sends jobs again that no message names', async () => {
  const before = Date.now() - hour;
  await system.core.table.create(makeJob({ jobId: ulid(before), createdAt: before, updatedAt: before }));
  // It is unknown how long there was no sweep, so the first run leaves the jobs to workers that hold claims.
  expect(await invoke('sweeper', {})).toMatchObject({ isSkipped: true });
  expect(await invoke('sweeper', {})).toMatchObject({ sentAgain: 1 });
});

/** Runs in a process of its own with the settings as Lambda passes them, up to twenty times. */
async function invoke(
  name: keyof Bundles,
  event: object,
  { until = () => true }: { readonly until?: (answer: unknown) => boolean } = {},
): Promise<unknown> {
  const { config } = system;
  const env = {
    PATH: process.env['PATH'],
    JOBS_TABLE: config.jobsTable,
    QUEUE_PREFIX: config.queuePrefix,
    REDIS_URL: config.redisUrl,
    LOG_LEVEL: 'silent',
    AWS_REGION: config.region,
    AWS_ENDPOINT_URL_DYNAMODB: config.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: config.endpoints.sqs,
  };
  const program = `
    const { handler } = await import(${JSON.stringify(join(bundles[name], 'index.mjs'))});
    for (let call = 0; call < 20; call += 1) {
      console.log(JSON.stringify(await handler(${JSON.stringify(event)})));
      if (${JSON.stringify(name)} !== 'streamRelay') break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env });
  const answers = stdout
    .trim()
    .split('\n')
    // Lines in CloudWatch's format are measurements.
    .filter((line) => !line.includes('"_aws"'))
    .map((line): unknown => JSON.parse(line));
  return answers.find(until) ?? answers.at(-1);
}
