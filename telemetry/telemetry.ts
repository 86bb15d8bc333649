/**
 * What the code reports of itself: spans of its work, and measurements by name. Without an exporter in the settings no spans
 * are made at all, and a measurement is an addition in memory.
 */
import { metrics, type Attributes, type Meter } from '@opentelemetry/api';
import { createCountedSums } from './countedSums.ts';
import type { EmbeddedMetrics } from './embeddedMetrics.ts';
import { counters, gauges, histograms, type CounterName, type GaugeName, type HistogramName } from './instruments.ts';
import type { Spans } from './spans.ts';
import { writeXrayHeader } from './traceHeaders.ts';

/** Bucket bounds in seconds: from a handler that does nothing to one that takes hours. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

/** One number, or several, told apart by their attributes. */
export type GaugeReading = number | readonly { readonly value: number; readonly attributes: Attributes }[];

export interface Telemetry {
  count(name: CounterName, attributes?: Attributes, by?: number): void;
  /** In the histogram's unit: seconds. */
  record(name: HistogramName, value: number, attributes?: Attributes): void;
  /** Read whenever metrics are collected, until the returned function is called. */
  gauge(name: GaugeName, read: () => GaugeReading | Promise<GaugeReading>): () => void;
  /** Runs in a span of this name; a rejection marks the span as failed. */
  readonly span: Spans['run'];
  /** X-Ray's header of the running span, for a message to carry; undefined where no span runs. */
  traceHeader(): string | undefined;
  /** The ids of the running span; empty where none runs. */
  running(): { readonly traceId?: string; readonly spanId?: string };
}

export interface TelemetryDeps {
  readonly meter: Meter;
  /** Absent: no spans are made. */
  readonly spans?: Spans | undefined;
  /** Measurements for CloudWatch, in addition to the meter's. */
  readonly embedded?: EmbeddedMetrics | undefined;
}

const noAnnotation = (): void => undefined;

export function createTelemetry({ meter, spans, embedded }: TelemetryDeps): Telemetry {
  const sumsOf = lazily((name: CounterName) => {
    const sums = createCountedSums();
    meter.createObservableCounter(counters[name].name, counters[name]).addCallback((result) => {
      for (const { value, attributes } of sums.values()) result.observe(value, attributes);
    });
    return sums;
  });
  const histogramOf = lazily((name: HistogramName) =>
    meter.createHistogram(histograms[name].name, { ...histograms[name], advice: { explicitBucketBoundaries: secondsBuckets } }),
  );

  return {
    count(name, attributes, by = 1) {
      sumsOf(name).add(by, attributes);
      embedded?.add(name, by, attributes);
    },
    record(name, value, attributes) {
      histogramOf(name).record(value, attributes);
      embedded?.add(name, value, attributes);
    },
    gauge(name, read) {
      const gauge = meter.createObservableGauge(gauges[name].name, gauges[name]);
      const observe = async (result: { observe(value: number, attributes?: Attributes): void }): Promise<void> => {
        for (const { value, attributes } of severalOf(await read())) result.observe(value, attributes);
      };
      gauge.addCallback(observe);
      const forget = embedded?.gauge(name, async () => severalOf(await read()));
      return () => {
        gauge.removeCallback(observe);
        forget?.();
      };
    },

    span: (name, options, run) => (spans === undefined ? run(noAnnotation) : spans.run(name, options, run)),

    traceHeader() {
      const running = spans?.running();
      return running === undefined ? undefined : writeXrayHeader(running);
    },

    running: () => spans?.running() ?? {},
  };
}

function severalOf(reading: GaugeReading): Exclude<GaugeReading, number> {
  return typeof reading === 'number' ? [{ value: reading, attributes: {} }] : reading;
}

/** For code that is opened without telemetry: no spans are made, and measurements are dropped. */
export const noTelemetry: Telemetry = createTelemetry({ meter: metrics.getMeter('none') });

function lazily<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
