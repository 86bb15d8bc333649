/** Opens telemetry from the settings: metrics to be scraped always, spans and pushed metrics where OTLP is set. */
import { SpanStatusCode, type SpanContext } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, RandomIdGenerator, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { createSpans, type EndedSpan } from './spans.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';

export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  /** All metrics in Prometheus' text format. */
  scrape(): Promise<string>;
  /** Sends what has not been sent yet. */
  close(): Promise<void>;
}

export interface OpenTelemetryOptions {
  /** Of the process: `server`, `worker` … */
  readonly part: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` is set; the exporters read it, and their other `OTEL_*` settings, themselves. */
  readonly exportsOtlp: boolean;
}

export function openTelemetry({ part, exportsOtlp }: OpenTelemetryOptions): OpenedTelemetry {
  const resource = defaultResource().merge(resourceFromAttributes({ 'service.namespace': 'job-tickets', 'service.name': part }));
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer();
  const pushed = exportsOtlp ? [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })] : [];
  const meters = new MeterProvider({ resource, readers: [prometheus, ...pushed] });
  const traces = exportsOtlp ? new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }) : undefined;

  return {
    telemetry: createTelemetry({
      meter: meters.getMeter('job-tickets'),
      spans: traces && createSpans({ newTraceId, newSpanId, take: (span) => traces.onEnd(readable(span, resource)) }),
    }),
    async scrape() {
      const { resourceMetrics } = await prometheus.collect();
      return serializer.serialize(resourceMetrics);
    },
    async close() {
      await traces?.shutdown();
      await meters.shutdown();
    },
  };
}

// Not from node:crypto: an id is no secret, and a call there costs more than all else that begins a span.
const random = new RandomIdGenerator();
const newSpanId = (): string => random.generateSpanId();

/** X-Ray wants the time in the first eight digits of a trace's id (AWS X-Ray, "Trace ID"). */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000);
  return seconds.toString(16).padStart(8, '0') + random.generateTraceId().slice(8);
}

/** The same for all: thousands of spans wait for their batch. */
const shared = {
  instrumentationScope: { name: 'job-tickets' },
  unset: { code: SpanStatusCode.UNSET },
  links: [],
  events: [],
};

/** As the SDK's exporters read it. */
function readable(
  { name, kind, context, parent, attributes, startedAt, durationMs, failure }: EndedSpan,
  resource: Resource,
): ReadableSpan {
  const read: ReadableSpan & { parentSpanContext?: SpanContext } = {
    name,
    kind,
    spanContext: () => context,
    startTime: millisToHrTime(startedAt),
    endTime: millisToHrTime(startedAt + durationMs),
    duration: millisToHrTime(durationMs),
    status: failure === undefined ? shared.unset : { code: SpanStatusCode.ERROR, message: failure },
    attributes,
    links: shared.links,
    events: shared.events,
    ended: true,
    resource,
    instrumentationScope: shared.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  if (parent !== undefined) read.parentSpanContext = parent;
  return read;
}
