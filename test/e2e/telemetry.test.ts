import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { provision } from '../../infra/local/provision.ts';
import { openAwsProxy } from '../support/awsProxy.ts';
import { startCollector } from '../support/collector.ts';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';

const answer = z.object({ data: z.object({ createJob: z.object({ job: z.object({ jobId: z.string(), traceId: z.string() }) }) }) });
const waited = z.object({ data: z.object({ waitForJob: z.object({ status: z.string() }) }) });

/** What a process has written for CloudWatch, with its lines combined. */
function embedded(entry: RunningEntry): Readonly<Record<string, unknown>> {
  const lines = entry
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{"_aws"'));
  return Object.fromEntries(lines.flatMap((line) => Object.entries(z.looseObject({}).parse(JSON.parse(line)))));
}

describe('telemetry', () => {
  test('follows one job from the client’s request through the queue to the attempts, the dead letter and the feed, across processes', async () => {
    await using collector = await startCollector();
    await using aws = new AsyncDisposableStack();
    const { endpoints } = aws.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
    const settings = {
      jobsTable: 'Jobs',
      queuePrefix: `jobs-${randomUUID().slice(0, 8)}`,
      visibilityTimeoutSeconds: 2,
      maxReceiveCount: 1,
      s3Buckets: [],
    };
    await using sqs = await openAwsProxy(endpoints.sqs);
    const sent: unknown[] = [];
    sqs.observe(({ operation, body }) => {
      if (operation === 'SendMessageBatch') sent.push(body);
    });
    using clients = createClients({ region: 'us-east-1', endpoints });
    await provision(clients, settings);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      REDIS_URL: inject('redisUrl'),
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: sqs.url,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      JOBS_TABLE: settings.jobsTable,
      QUEUE_PREFIX: settings.queuePrefix,
      VISIBILITY_TIMEOUT_SECONDS: '2',
      MAX_RECEIVE_COUNT: '1',
      ATTEMPTS_PER_RECEIVE: '2',
      BACKOFF_BASE_MS: '1',
      RECEIVE_WAIT_SECONDS: '1',
      METRICS_PORT: '0',
      METRICS: 'emf',
    };
    await using server = await startEntry('server', { env });
    await using worker = await startEntry('worker', { env });
    await using lambdas = await startEntry('lambdas', { env });
    const url = await urlOf(server, 'server');
    const [traceId, parentId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
    const ask = async (query: string, headers: Record<string, string> = {}): Promise<unknown> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    const create = 'mutation { createJob(input: { type: "simulate_work", params: { failAttempts: 9 } }) { job { jobId traceId } } }';
    const { job } = answer.parse(await ask(create, { traceparent: `00-${traceId}-${parentId}-01` })).data.createJob;
    expect(job.traceId).toBe(traceId);
    const { data } = waited.parse(await ask(`{ waitForJob(jobId: "${job.jobId}", timeoutSeconds: 25) { status } }`));
    expect(data.waitForJob.status).toBe('FAILED_FINAL');

    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^jobs_created_total\{.*type="simulate_work".*\} 1$/m);
    expect(metrics).toMatch(/^jobs_create_requests_total\{.*outcome="accepted".*\} 1$/m);
    // Each transition after the first one that was watched; the one with which the watch began does not count.
    expect(Number(/^feed_delivery_count\{.*\} (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    const [, workerPort] = await worker.said(/"port":(\d+)/);
    const workerMetrics = await (await fetch(`http://127.0.0.1:${workerPort}/metrics`)).text();
    expect(workerMetrics).toMatch(/^jobs_attempt_duration_count\{.*outcome="threw".*\} 2$/m);
    expect(workerMetrics).toMatch(/^jobs_queue_wait_count\{.*priority="NORMAL".*\} 1$/m);
    expect(workerMetrics).toMatch(/^messaging_client_consumed_messages_total\{.*\} 1$/m);
    const [, lambdasPort] = await lambdas.said(/"port":(\d+)/);
    expect(await (await fetch(`http://127.0.0.1:${lambdasPort}/metrics`)).text()).toMatch(/^jobs_dead_letters_total\{.*\} 1$/m);

    for (const entry of [server, worker, lambdas]) {
      entry.signal('SIGTERM');
      expect(await entry.exited()).toBe(0);
    }
    expect(embedded(server)).toMatchObject({ part: 'server', 'jobs.created': 1 });
    expect(embedded(worker)).toMatchObject({ part: 'worker' });
    expect(embedded(worker)['jobs.queue.wait']).toBeGreaterThanOrEqual(0);
    expect(embedded(lambdas)).toMatchObject({ part: 'lambdas', 'jobs.dead_letters': 1, 'jobs.finished': 1 });
    const ours = collector.spans.filter((one) => one.traceId === traceId);
    const request = 'server: POST /graphql';
    const receive = `${request} > server: send NORMAL > worker: process NORMAL`;
    expect(ours.map(collector.lineage).toSorted()).toEqual(
      [
        request,
        `${request} > server: publish feed`,
        `${request} > server: send NORMAL`,
        receive,
        `${receive} > worker: publish feed`,
        `${receive} > worker: attempt simulate_work`,
        `${receive} > worker: publish feed`,
        `${receive} > worker: attempt simulate_work`,
        `${receive} > worker: publish feed`,
        `${request} > server: send NORMAL > lambdas: process DEAD_LETTER`,
        `${request} > server: send NORMAL > lambdas: process DEAD_LETTER > lambdas: publish feed`,
      ].toSorted(),
    );
    expect(ours.find(({ name }) => name === 'POST /graphql')?.parentSpanId).toBe(parentId);
    expect([...collector.calls.keys()]).toContain('/v1/metrics');
    // As X-Ray reads it: the time, the rest of the trace’s id, and the span that sent.
    expect(JSON.stringify(sent)).toMatch(new RegExp(`"AWSTraceHeader":.*Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=`));
  });
});
