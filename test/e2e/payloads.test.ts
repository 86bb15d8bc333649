/** Params and results apart, through use cases, worker and API: when they are written and read, and by whom. */
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { exactly } from '../../core/clock.ts';
import { defineHandler } from '../../core/handler.ts';
import type { Job, JsonValue, Payload } from '../../core/job.ts';
import { encodeJob } from '../../core/table/dynamodb/codec.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { createJob, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import { createClients } from '../../infra/local/clients.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { openAwsProxy, type AwsProxy } from '../support/awsProxy.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { startSystem, type System, type SystemOptions } from '../support/startSystem.ts';
import { at, openApiSystem } from './apiSystem.ts';

const owner = 'owner-1';
const long = 'p'.repeat(200_000);

function request(params: JsonValue, changes: Partial<CreateJobRequest> = {}): CreateJobRequest {
  return { owner, type: 'simulate_work', params, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace', ...changes };
}

const ended = ({ core, watches }: System, jobId: string): Promise<Job> => waitForJob(core, watches, { owner, jobId, timeoutSeconds: 25 });

async function valueOf({ core }: Pick<System, 'core'>, payload: Payload | undefined): Promise<JsonValue | undefined> {
  if (payload?.kind !== 'apart') return payload?.value;
  return (await core.table.readPayloads([payload.key]))[0];
}

const keyOf = (payload: Payload | undefined): string => (payload?.kind === 'apart' ? payload.key : 'in the record');

/** The items that are payloads, as DynamoDB has them. */
async function payloadItems({ config }: System): Promise<readonly Readonly<Record<string, unknown>>[]> {
  using clients = createClients(config);
  const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: config.jobsTable }));
  return Items.filter(({ pk }) => pk?.S?.startsWith('payload#'));
}

/** Keys of the payloads that were read through the proxy, one list a call. */
function payloadReads(proxy: AwsProxy): readonly (readonly string[])[] {
  const asked = z.object({
    RequestItems: z.record(z.string(), z.object({ Keys: z.array(z.object({ pk: z.object({ S: z.string() }) })) })),
  });
  const reads: string[][] = [];
  proxy.observe(({ operation, body }) => {
    if (operation !== 'BatchGetItem') return;
    const keys = Object.values(asked.parse(body).RequestItems).flatMap(({ Keys }) => Keys.map(({ pk }) => pk.S));
    if (keys.some((key) => key.startsWith('payload#'))) reads.push(keys);
  });
  return reads;
}

async function startProxied(options: SystemOptions = {}) {
  const proxy = await openAwsProxy(inject('dynamoDbLocalUrl'));
  const system = await startSystem({ parts: ['worker'], dynamodbUrl: proxy.url, ...options });
  return {
    proxy,
    system,
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

describe('a job of 200 KB of params', () => {
  test('writes and reads them once, whatever attempts and receives it takes, and so its result', async () => {
    await using one = await startProxied({ parts: ['worker', 'lambdas'] });
    const { system, proxy } = one;
    const reads = payloadReads(proxy);
    const puts: string[] = [];
    proxy.observe(({ operation, body }) => {
      if (operation === 'PutItem') puts.push(JSON.stringify(body).slice(0, 400));
    });
    const { job } = await createJob(system.core, request({ failAttempts: 2, payload: long.slice(0, 90_000) }));
    const done = await ended(system, job.jobId);
    expect(done).toMatchObject({ status: 'SUCCEEDED', attempts: 3, params: { kind: 'apart' }, result: { kind: 'apart' } });
    expect(reads).toEqual([[`payload#${keyOf(done.params)}`]]);
    expect(puts.filter((put) => put.includes('payload#'))).toHaveLength(2);
    expect(await valueOf(system, done.result)).toMatchObject({ attempts: 3, payload: long.slice(0, 90_000) });
  });

  test('waits for a table that does not give them, uses up nothing, and goes on', async () => {
    await using one = await startProxied();
    const { system, proxy } = one;
    const fault = { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' } as const;
    const rule = proxy.rule({ operation: 'BatchGetItem', times: 4, fault });
    const { job } = await createJob(system.core, request({ payload: long.slice(0, 90_000) }));
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'SUCCEEDED', attempts: 1, version: 3 });
    expect(rule.count()).toBe(4);
  });

  test('can be cancelled while its params are waited for', async () => {
    await using one = await startProxied();
    const { system, proxy } = one;
    const fault = { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' } as const;
    const rule = proxy.rule({ operation: 'BatchGetItem', fault });
    const { job } = await createJob(system.core, request({ payload: long }));
    await expect.poll(rule.count).toBeGreaterThan(0);
    await cancelJob(system.core, { owner, jobId: job.jobId });
    await expect.poll(() => system.core.table.get(job.jobId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('ends for good where they are gone', async () => {
    await using system = await startSystem({ parts: ['worker'] });
    const params: Payload = { kind: 'apart', key: 'none', expiresAt: 1 };
    const { job } = await system.core.table.create(makeJob({ owner, params }));
    if (job === undefined) throw new Error('the job was not written');
    await system.core.queues.send('NORMAL', job, 0);
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'FAILED_FINAL', attempts: 1, error: { code: 'PERMANENT' } });
  });

  test('keeps them over a retry, and drops the result', async () => {
    let runs = 0;
    const handlers = [
      defineHandler(simulateWork, ({ payload }) => {
        runs += 1;
        if (runs === 1) throw new Error('not yet');
        return Promise.resolve({ attempts: 1, sleptMs: 0, payload });
      }),
    ];
    const env = { ATTEMPTS_PER_RECEIVE: '1', MAX_RECEIVE_COUNT: '1' };
    await using system = await startSystem({ parts: ['worker', 'lambdas'], handlers, env });
    const { job } = await createJob(system.core, request({ payload: long.slice(0, 90_000) }));
    expect(await ended(system, job.jobId)).toMatchObject({ status: 'FAILED_FINAL', params: job.params });
    await retryJob(system.core, { owner, jobId: job.jobId });
    const done = await ended(system, job.jobId);
    expect(done).toMatchObject({ status: 'SUCCEEDED', generation: 2, params: job.params });
    expect(await valueOf(system, done.result)).toMatchObject({ payload: long.slice(0, 90_000) });
  });
});

describe('a crash between the params and the record', () => {
  test('is finished by the next call with its key; what nothing points at ends by its expiry', async () => {
    await using system = await startSystem({ parts: ['worker'] });
    const { core } = system;
    const crashing = { ...core, table: { ...core.table, create: () => Promise.reject(new Error('killed')) } };
    const asked = request({ payload: long.slice(0, 90_000) }, { idempotencyKey: 'key' });
    await expect(createJob(crashing, asked)).rejects.toThrow('killed');
    const { job, created } = await createJob(core, asked);
    expect(created).toBe(true);
    const done = await ended(system, job.jobId);
    expect(await valueOf(system, done.result)).toMatchObject({ payload: long.slice(0, 90_000) });
    const items = await payloadItems(system);
    const pointedAt = [done.params, done.result].map((payload) => `payload#${keyOf(payload)}`);
    expect(items).toHaveLength(3);
    expect(items.filter(({ pk }) => !pointedAt.some((key) => key === at(pk, 'S')))).toHaveLength(1);
    for (const item of items) {
      expect(Object.keys(item).toSorted()).toEqual(['expiresAt', 'json', 'pk']);
      expect(Number(at(item['expiresAt'], 'N'))).toBeGreaterThan(done.expiresAt ?? Infinity);
    }
  });

  test('or an answer that was lost, writes them once', async () => {
    await using one = await startProxied({ parts: [] });
    const { system, proxy } = one;
    const isPayload = (body: unknown): boolean => JSON.stringify(body).includes('"payload#');
    const rule = proxy.rule({ operation: 'PutItem', when: isPayload, times: 1, fault: { kind: 'loseAnswer' } });
    const { job } = await createJob(system.core, request({ payload: long }));
    expect(rule.count()).toBe(1);
    expect(await payloadItems(system)).toHaveLength(1);
    expect(await valueOf(system, job.params)).toMatchObject({ payload: long });
  });
});

describe('the sweeper', () => {
  test('gives params of a job that stays open a longer life, once in days', async () => {
    await using system = await startSystem({ parts: [] });
    const { job } = await createJob(system.core, request({ payload: long }, { delaySeconds: 900 }));
    const time = () => Promise.resolve(exactly(Date.now() + 6 * 86_400_000));
    const inSixDays = { ...system.core, table: { ...system.core.table, time } };
    await expect
      .poll(async () => sweepJobs(inSixDays).then(() => system.core.table.get(job.jobId)))
      .not.toMatchObject({ params: job.params });
    const renewed = await system.core.table.get(job.jobId);
    expect(renewed).toMatchObject({ version: 1, params: { key: keyOf(job.params) } });
    const [item] = await payloadItems(system);
    expect(renewed?.params).toMatchObject({ expiresAt: Number(at(item?.['expiresAt'], 'N')) });
    await sweepJobs(inSixDays);
    expect((await system.core.table.get(job.jobId))?.params).toEqual(renewed?.params);
  });
});

describe('a record of the version before, with 200 KB of params within', () => {
  test('is read, worked on and retried', async () => {
    await using system = await startSystem({ parts: ['worker', 'lambdas'] });
    const params = { durationMs: 0, failAttempts: 0, failPermanently: false, steps: 0, payload: long.slice(0, 90_000) };
    const old = makeJob({ owner, status: 'FAILED_FINAL', result: inline('r'.repeat(50_000)) });
    using clients = createClients(system.config);
    // As it was written: JSON text of any length in the record.
    const Item = { ...encodeJob(old), params: { S: JSON.stringify(params) } };
    await clients.dynamodb.send(new PutItemCommand({ TableName: system.config.jobsTable, Item }));
    expect(await system.core.table.get(old.jobId)).toMatchObject({ params: inline(params), result: inline('r'.repeat(50_000)) });
    await retryJob(system.core, { owner, jobId: old.jobId });
    const done = await ended(system, old.jobId);
    expect(done).toMatchObject({ status: 'SUCCEEDED', generation: 2, params: inline(params), result: { kind: 'apart' } });
    expect(await valueOf(system, done.result)).toMatchObject({ payload: params.payload });
  });
});

describe('the API', () => {
  test('reads payloads where they are selected, a few at a time, and else none', async () => {
    await using proxy = await openAwsProxy(inject('dynamoDbLocalUrl'));
    const JOBS_TABLE = `Jobs-${crypto.randomUUID().slice(0, 8)}`;
    await using api = await openApiSystem({ environment: { AWS_ENDPOINT_URL_DYNAMODB: proxy.url, JOBS_TABLE }, works: false });
    const jobIds = await Promise.all(Array.from({ length: 12 }, (_, index) => api.createJob({ payload: `${index}:${'x'.repeat(5000)}` })));
    const list = (fields: string) => api.request(`{ jobs(first: 100) { edges { node { jobId ${fields} } } } }`);
    await expect.poll(async () => at((await list('')).body, 'data', 'jobs', 'edges')).toHaveLength(12);
    const reads = payloadReads(proxy);
    await list('status history { at } error { message } result');
    expect(reads).toEqual([]);
    const { body } = await list('params result');
    expect(reads.map((keys) => keys.length)).toEqual([4, 4, 4]);
    const edges = z
      .array(z.object({ node: z.object({ jobId: z.string(), params: z.object({ payload: z.string() }), result: z.null() }) }))
      .parse(at(body, 'data', 'jobs', 'edges'));
    for (const { node } of edges) expect(node.params.payload.split(':')[0]).toBe(String(jobIds.indexOf(node.jobId)));
  });
});
