/** Opens telemetry from the settings: metrics to be scraped always, spans and pushed metrics where OTLP is set. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { EmbeddedMetrics } from './embeddedMetrics.ts';
import { readableSpan } from './readableSpan.ts';
import { createSpans, type Spans } from './spans.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';

export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  /** All metrics in Prometheus' text format. */
  scrape(): Promise<string>;
  /** Sends everything that has not been sent yet. */
  close(): Promise<void>;
}

interface Receiver {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** OpenTelemetry's own settings. */
export interface OpenTelemetrySettings {
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly sampler: {
    readonly name: `${'' | 'parentbased_'}${'always_on' | 'always_off' | 'traceidratio'}`;
    /** 0 to 1. */
    readonly ratio: number;
  };
  /** Absent: no spans are made. */
  readonly traces: Receiver | undefined;
  readonly metrics: Receiver | undefined;
  readonly spanBatches: { readonly scheduledDelayMillis: number; readonly maxQueueSize: number; readonly maxExportBatchSize: number };
  readonly metricIntervalMs: number;
}

export interface OpenTelemetryOptions {
  /** The process: `server`, `worker` … */
  readonly part: string;
  readonly settings: OpenTelemetrySettings;
  /** Measurements for CloudWatch; written once a minute, and at the end. */
  readonly embedded?: EmbeddedMetrics | undefined;
}

const embeddedEveryMs = 60_000;

export function openTelemetry({ part, settings, embedded }: OpenTelemetryOptions): OpenedTelemetry {
  const resource = resourceOf(part, settings);
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer();
  const { metrics, metricIntervalMs: exportIntervalMillis } = settings;
  const pushed =
    metrics === undefined
      ? []
      : [
          new PeriodicExportingMetricReader({
            exporter: new OTLPMetricExporter(metrics),
            exportIntervalMillis,
            exportTimeoutMillis: Math.min(30_000, exportIntervalMillis),
          }),
        ];
  const meters = new MeterProvider({ resource, readers: [prometheus, ...pushed] });
  const traces = settings.traces && openTraces(settings.traces, settings, resource);
  const writing = embedded && setInterval(() => void embedded.flush(), embeddedEveryMs);
  writing?.unref();

  return {
    telemetry: createTelemetry({ meter: meters.getMeter('job-tickets'), spans: traces?.spans, embedded }),
    async scrape() {
      const { resourceMetrics } = await prometheus.collect();
      return serializer.serialize(resourceMetrics);
    },
    async close() {
      clearInterval(writing);
      await embedded?.flush();
      await traces?.close();
      await meters.shutdown();
    },
  };
}

/** Attributes that users set for the process take precedence. */
function resourceOf(part: string, { serviceName, resourceAttributes }: OpenTelemetrySettings): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.namespace': 'job-tickets', 'service.name': part }))
    .merge(resourceFromAttributes({ ...resourceAttributes, ...(serviceName === undefined ? {} : { 'service.name': serviceName }) }));
}

interface OpenedTraces {
  readonly spans: Spans;
  close(): Promise<void>;
}

/**
 * Our spans and, for users' own instrumentation, the SDK's share one context, one sampler and one exporter. Where an SDK was
 * registered before, the context is that SDK's, and so are the spans of users' instrumentation.
 */
function openTraces(receiver: Receiver, settings: OpenTelemetrySettings, resource: Resource): OpenedTraces {
  const batches = new BatchSpanProcessor({ exporter: new OTLPTraceExporter(receiver), ...settings.spanBatches });
  const sampler = samplerOf(settings.sampler);
  const manager = new AsyncLocalStorageContextManager().enable();
  const provider = new TracerProvider({
    resource,
    sampler,
    spanProcessors: [batches],
    idGenerator: { generateTraceId: newTraceId, generateSpanId: newSpanId },
  });
  const ours = context.setGlobalContextManager(manager);
  const registered = [
    ...(ours ? [context] : []),
    ...(trace.setGlobalTracerProvider(provider) ? [trace] : []),
    ...(propagation.setGlobalPropagator(new W3CTraceContextPropagator()) ? [propagation] : []),
  ];
  return {
    spans: createSpans({
      contexts: ours ? manager : { active: () => context.active(), with: (...call) => context.with(...call) },
      newTraceId,
      newSpanId,
      isSampled: (...asked) => sampler.shouldSample(...asked).decision === SamplingDecision.RECORD_AND_SAMPLED,
      take: (span) => batches.onEnd(readableSpan(span, resource)),
    }),
    async close() {
      for (const api of registered) api.disable();
      await provider.shutdown();
    },
  };
}

function samplerOf({ name, ratio }: OpenTelemetrySettings['sampler']): Sampler {
  const roots = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  switch (name) {
    case 'always_on':
    case 'always_off':
    case 'traceidratio':
      return roots[name]();
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: roots.always_on() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: roots.always_off() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: roots.traceidratio() });
    default:
      return name satisfies never;
  }
}

// Not from node:crypto: an id is no secret, and a call there costs more than everything else that begins a span.
const random = new RandomIdGenerator();
const newSpanId = (): string => random.generateSpanId();

/** X-Ray wants the time in the first eight digits of a trace's id (AWS X-Ray, "Trace ID"). */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000);
  return seconds.toString(16).padStart(8, '0') + random.generateTraceId().slice(8);
}
