import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { parseConfig } from '../../runtime/config.ts';
import { openTelemetry } from '../../telemetry/openTelemetry.ts';
import { openAwsProxy } from '../support/awsProxy.ts';
import { at, openApiSystem } from './apiSystem.ts';

const verbose = z.looseObject({ status: z.literal('alive'), away: z.array(z.object({ part: z.string(), reason: z.string() })) });

async function setup() {
  await using opening = new AsyncDisposableStack();
  const { endpoints } = opening.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const sqs = opening.use(await openAwsProxy(endpoints.sqs));
  const dynamodb = opening.use(await openAwsProxy(endpoints.dynamodb));
  const { telemetry, scrape } = opening.adopt(openTelemetry({ part: 'server', settings: parseConfig({}).openTelemetry }), ({ close }) =>
    close(),
  );
  const api = opening.use(
    await openApiSystem({
      works: false,
      environment: { AWS_ENDPOINT_URL_SQS: sqs.url, AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url },
      replace: ({ core }) => ({ core: { ...core, telemetry }, scrape }),
    }),
  );
  const resources = opening.move();
  const get = async (path: string) => {
    const response = await fetch(`${api.url}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const away = async () => verbose.parse(JSON.parse((await get('/healthz?verbose')).text)).away.map(({ part }) => part);
  const metric = async (name: string, label: string) =>
    Number(new RegExp(`^${name}\\{.*="${label}".*\\} (\\d+)$`, 'm').exec((await get('/metrics')).text)?.[1]);
  return { api, sqs, dynamodb, get, away, metric, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

const down = { fault: { kind: 'answer', status: 400, type: 'AccessDeniedException' } } as const;

describe('while a part is away for all servers', () => {
  test(
    'SQS: the server stays ready, reads and watches go on, and the details of readiness name what is away',
    { timeout: 30_000 },
    async () => {
      await using system = await setup();
      const { api, sqs, get, away, metric } = system;
      const jobId = await api.createJob();
      expect((await get('/readyz')).status).toBe(200);
      expect([await away(), await metric('jobs_dependency_away', 'queues'), await metric('jobs_queue_visible', 'NORMAL')]).toEqual([
        [],
        0,
        1,
      ]);

      const outage = sqs.rule(down);
      const watched = api.client().iterate({ query: `subscription { jobStatusChanged(jobId: "${jobId}") { status } }` });
      expect(JSON.stringify(await watched.next())).toContain('PENDING');
      expect(await get('/readyz')).toEqual({ status: 200, text: '{"status":"ready"}' });
      expect((await get('/healthz')).status).toBe(200);
      expect(await away()).toEqual(['queues']);
      expect(await metric('jobs_dependency_away', 'queues')).toBe(1);
      expect(await metric('jobs_dependency_away', 'table')).toBe(0);
      const created = await api.request('mutation { createJob(input: { type: "simulate_work" }) { job { jobId } } }');
      expect(created.body.errors?.[0]?.extensions).toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
      expect(await metric('jobs_create_requests_total', 'failed')).toBe(1);
      const read = await api.request(`{ job(jobId: "${jobId}") { status } }`);
      expect(at(read.body, 'data', 'job', 'status')).toBe('PENDING');
      await api.request(`mutation { cancelJob(input: { jobId: "${jobId}" }) { job { status } } }`);
      expect(JSON.stringify(await watched.next())).toContain('CANCELLED');

      outage.stop();
      expect(await away()).toEqual([]);
      await api.createJob();
      expect(await metric('jobs_dependency_away', 'queues')).toBe(0);
    },
  );

  test('DynamoDB: the server stays ready, and answers at once that its table is away', { timeout: 30_000 }, async () => {
    await using system = await setup();
    const { api, dynamodb, get, away, metric } = system;
    expect((await get('/readyz')).status).toBe(200);
    dynamodb.rule(down);
    expect((await get('/readyz')).status).toBe(200);
    expect(await away()).toEqual(['table']);
    expect(await metric('jobs_dependency_away', 'table')).toBe(1);
    const read = await api.request('{ job(jobId: "01J00000000000000000000000") { status } }');
    expect(read.body.errors?.[0]?.extensions).toMatchObject({ code: 'TABLE_UNAVAILABLE' });
  });

  test('a table that accepts requests and never answers is named all the same', { timeout: 30_000 }, async () => {
    await using system = await setup();
    const { dynamodb, get, away, metric } = system;
    expect((await get('/readyz')).status).toBe(200);
    const held = [dynamodb.hold('before', 'DescribeTable'), dynamodb.hold('before', 'DescribeTable')];
    expect(await away()).toEqual(['table']);
    expect(await metric('jobs_dependency_away', 'table')).toBe(1);
    for (const request of held) (await request).release();
  });

  test('a server that starts then is not ready before everything has answered once', { timeout: 30_000 }, async () => {
    await using system = await setup();
    const { sqs, get } = system;
    const outage = sqs.rule(down);
    const refused = await get('/readyz');
    expect(refused.status).toBe(503);
    expect(refused.text).toContain('"part":"queues"');
    outage.stop();
    expect((await get('/readyz')).status).toBe(200);
  });
});
