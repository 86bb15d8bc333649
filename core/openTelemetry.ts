/** Opens telemetry from the settings: metrics to be scraped always, spans and pushed metrics where OTLP is set. */
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider, type IdGenerator } from '@opentelemetry/sdk-trace';
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
  const traces = exportsOtlp
    ? new TracerProvider({
        resource,
        idGenerator: xrayIds,
        spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
      })
    : undefined;
  // The API's own slot for what carries a span through awaits: there is one a process.
  if (traces !== undefined) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

  return {
    telemetry: createTelemetry({
      meter: meters.getMeter('job-tickets'),
      tracer: traces?.getTracer('job-tickets'),
      propagator: new CompositePropagator({ propagators: [new AWSXRayPropagator(), new W3CTraceContextPropagator()] }),
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

const random = new RandomIdGenerator();

/** X-Ray wants the time in the first eight digits of a trace's id (AWS X-Ray, "Trace ID"). */
const xrayIds: IdGenerator = {
  generateTraceId: () =>
    Math.floor(Date.now() / 1000)
      .toString(16)
      .padStart(8, '0') + random.generateTraceId().slice(8),
  // Not of node:crypto: an id is no secret, and a call for its eight bytes costs more than the rest of the span's start.
  generateSpanId: () => random.generateSpanId(),
};
