import { context, propagation, trace } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { parseConfig, type Environment } from '../runtime/config.ts';
import { startCollector, type Collector } from '../test/support/collector.ts';
import { openTelemetry, type OpenedTelemetry } from './openTelemetry.ts';

const open = (environment: Environment = {}) => openTelemetry({ part: 'test', settings: parseConfig(environment).openTelemetry });

test('measurements are added up by their attributes, whatever order these have, and can be scraped any number of times', async () => {
  await using opened = new AsyncDisposableStack();
  const { telemetry, scrape } = opened.adopt(open(), ({ close }) => close());
  telemetry.count('jobsCreated', { type: 'a', priority: 'HIGH' });
  telemetry.count('jobsCreated', { priority: 'HIGH', type: 'a' }, 2);
  telemetry.count('jobsCreated', { type: 'b', priority: 'HIGH' });
  telemetry.record('queueWait', 0.5, { priority: 'HIGH' });
  telemetry.gauge('queueVisible', () => Promise.resolve([{ value: 7, attributes: { priority: 'LOW' } }]));
  for (const _ of [1, 2]) {
    const text = await scrape();
    expect(text).toMatch(/^# TYPE jobs_created_total counter$/m);
    expect(text.match(/^jobs_created_total\{.*\} \d+$/gm)).toHaveLength(2);
    expect(text).toMatch(/^jobs_created_total\{.*type="a".*\} 3$/m);
    expect(text).toMatch(/^jobs_created_total\{.*type="b".*\} 1$/m);
    expect(text).toMatch(/^jobs_queue_wait_count\{.*priority="HIGH".*\} 1$/m);
    expect(text).toMatch(/^jobs_queue_visible\{.*priority="LOW".*\} 7$/m);
  }
  telemetry.count('jobsCreated', { priority: 'HIGH', type: 'a' });
  expect(await scrape()).toMatch(/^jobs_created_total\{.*type="a".*\} 4$/m);
});

test('without a collector there are no spans: the code within them runs all the same', async () => {
  await using opened = new AsyncDisposableStack();
  const { telemetry } = opened.adopt(open(), ({ close }) => close());
  const running = Promise.resolve();
  expect(telemetry.span('request', {}, () => running)).toBe(running);
  expect(telemetry.running()).toEqual({});
  expect(telemetry.traceHeader()).toBeUndefined();
});

/** An attempt with a user's own instrumentation, as a handler may have it that knows only OpenTelemetry's API. */
async function attempt({ telemetry }: OpenedTelemetry): Promise<void> {
  await telemetry.span('process', {}, () =>
    telemetry.span('attempt', {}, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await trace.getTracer('theirs').startActiveSpan('charge the card', async (span) => {
        const carrier: Record<string, string> = {};
        propagation.inject(context.active(), carrier);
        expect(carrier['traceparent']).toContain(span.spanContext().traceId);
        await telemetry.span('send', {}, () => Promise.resolve());
        span.end();
      });
    }),
  );
}

async function exportedBy(collector: Collector, environment: Environment): Promise<void> {
  const opened = open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...environment });
  opened.telemetry.count('jobsCreated');
  for (let number = 0; number < 40; number += 1) await attempt(opened);
  await opened.close();
}

describe('OpenTelemetry’s own settings', () => {
  test('spans of users’ instrumentation nest in our spans, and ours in theirs', async () => {
    await using collector = await startCollector();
    const opened = open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await attempt(opened);
    await opened.close();
    expect(collector.spans.map(collector.lineage).toSorted()).toEqual([
      'test: process',
      'test: process > test: attempt',
      'test: process > test: attempt > test: charge the card',
      'test: process > test: attempt > test: charge the card > test: send',
    ]);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    // Nothing of it remains for the next test in this process.
    expect(trace.getTracer('theirs').startSpan('after').isRecording()).toBe(false);
  });

  test('set the service’s name, its attributes, and the headers for the receiver', async () => {
    await using collector = await startCollector();
    await exportedBy(collector, {
      OTEL_SERVICE_NAME: 'tickets',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other, deployment.environment=prod,team=a%2Cb',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%3Db,shared=1',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'shared=2',
    });
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.name': 'tickets',
      'service.namespace': 'job-tickets',
      'deployment.environment': 'prod',
      team: 'a,b',
    });
    expect(collector.calls.get('/v1/traces')).toMatchObject({ 'api-key': 'a=b', shared: '1' });
    expect(collector.calls.get('/v1/metrics')).toMatchObject({ 'api-key': 'a=b', shared: '2' });
  });

  test('send each signal to its own address', async () => {
    await using collector = await startCollector();
    await exportedBy(collector, {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/traces`,
      OTEL_METRICS_EXPORTER: 'none',
    });
    expect([...collector.calls.keys()]).toEqual(['/own/traces']);
  });

  test.each([
    { OTEL_TRACES_SAMPLER: 'always_off' },
    { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_TRACES_EXPORTER: 'none' },
  ])('%j: no span is sent, of ours or of theirs', async (environment) => {
    await using collector = await startCollector();
    const opened = open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...environment });
    opened.telemetry.count('jobsCreated');
    await opened.telemetry.span('attempt', {}, () => Promise.resolve(trace.getTracer('theirs').startSpan('theirs').end()));
    await opened.close();
    expect(collector.spans).toEqual([]);
    expect(collector.calls.has('/v1/metrics')).toBe(!('OTEL_SDK_DISABLED' in environment));
  });

  test('sample whole traces, at about the requested rate', async () => {
    await using collector = await startCollector();
    await exportedBy(collector, { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' });
    const traces = Map.groupBy(collector.spans, ({ traceId }) => traceId);
    expect(traces.size).toBeGreaterThan(4);
    expect(traces.size).toBeLessThan(36);
    expect(new Set([...traces.values()].map((spans) => spans.length))).toEqual(new Set([4]));
  });

  test.each([
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER'],
    [{ OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a' }, 'OTEL_RESOURCE_ATTRIBUTES'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%' }, 'OTEL_EXPORTER_OTLP_HEADERS'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  ])('%j is refused in one line that names it', (environment, name) => {
    expect(() => parseConfig(environment)).toThrow(new RegExp(`^${name}: .+$`));
  });
});
