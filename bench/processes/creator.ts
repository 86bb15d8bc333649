/** Hands in jobs, through the use case, or as a bare script that makes the same three AWS calls for each. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { encodeMessage } from '../../core/queue/message.ts';
import { encode, encodeJob } from '../../core/table/dynamodb/codec.ts';
import { idempotencyLockKey } from '../../core/table/dynamodb/definition.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { readConfig } from '../../runtime/config.ts';
import { clientOptions, openCore } from '../../runtime/open.ts';
import { createLog } from '../../telemetry/log.ts';
import { inline, makeJob } from '../../test/support/jobFactory.ts';
import { benchTypes } from '../support/benchJob.ts';
import { serveCommands } from '../support/child.ts';
import { concurrently } from '../support/concurrently.ts';
import { queueUrlOf } from '../support/queueUrl.ts';

const config = readConfig();
const { core } = openCore({ config, jobTypes: benchTypes, clock: systemClock, log: createLog({ level: 'silent', part: 'bench' }) });
const dynamodb = new DynamoDBClient(clientOptions(config, config.endpoints.dynamodb, { requestTimeoutMs: 5000 }));
const sqs = new SQSClient(clientOptions(config, config.endpoints.sqs, { requestTimeoutMs: 25_000 }));
const QueueUrl = await queueUrlOf(sqs, config.queuePrefix);

const owner = 'anonymous';
const params = { durationMs: 0, payload: 'x'.repeat(200) };
const TableName = config.jobsTable;

const ways = {
  async ours() {
    const request = { owner, type: 'bench_work', params, priority: 'NORMAL', delaySeconds: 0, traceId: randomUUID() } as const;
    await createJob(core, { ...request, idempotencyKey: randomUUID() });
  },
  async bare() {
    const idempotencyKey = randomUUID();
    const job = makeJob({ owner, params: inline(params), idempotencyKey });
    const { jobId, expiresAt, writeId, generation, version, traceId } = job;
    const pk = idempotencyLockKey(owner, idempotencyKey);
    const lock = encode({ pk, jobId, payloadHash: 'hash', expiresAt, writeId });
    await dynamodb.send(new PutItemCommand({ TableName, Item: lock, ConditionExpression: 'attribute_not_exists(pk)' }));
    await dynamodb.send(new PutItemCommand({ TableName, Item: encodeJob(job), ConditionExpression: 'attribute_not_exists(pk)' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeMessage({ jobId, generation, version, traceId }) }));
  },
};

const mutation = `mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId } } }`;
const answered = z.object({ data: z.object({ createJob: z.object({ created: z.literal(true) }) }) });

async function overHttp(url: string): Promise<void> {
  const body = JSON.stringify({ query: mutation, variables: { input: { type: 'bench_work', params, idempotencyKey: randomUUID() } } });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  answered.parse(await response.json());
}

const request = z.object({ way: z.enum(['ours', 'bare', 'http']), jobs: z.number(), atOnce: z.number(), url: z.string().default('') });

serveCommands({
  async create(asked) {
    const { way, jobs, atOnce, url } = request.parse(asked);
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await concurrently(jobs, atOnce, () => (way === 'http' ? overHttp(url) : ways[way]()));
    const ms = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: (jobs / ms) * 1000, cpuMicros: (user + system) / jobs };
  },
});
