/**
 * Telemetry of a Lambda: measurements are gathered over an event and written as one line of CloudWatch's Embedded
 * Metric Format for each, which CloudWatch turns into metrics. Spans are X-Ray's own business there.
 */
import { metrics, type Attributes } from '@opentelemetry/api';
import { counters, createTelemetry, histograms, type CounterName, type HistogramName, type Telemetry } from '../../telemetry/telemetry.ts';

export interface EmfTelemetry {
  readonly telemetry: Telemetry;
  /** Writes what was gathered since the last time. */
  flush(): void;
}

export interface EmfOptions {
  readonly part: string;
  readonly write: (line: string) => void;
  readonly now: () => number;
}

interface Gathered {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds';
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: number[];
}

/** EMF: at most 100 values of a metric in a line. */
const maxValues = 100;

export function createEmfTelemetry({ part, write, now }: EmfOptions): EmfTelemetry {
  const gathered = new Map<string, Gathered>();

  function add(name: string, unit: Gathered['unit'], attributes: Attributes, value: number): void {
    const dimensions: Record<string, string> = { part };
    for (const [key, text] of Object.entries(attributes)) dimensions[key] = String(text);
    const key = JSON.stringify([name, dimensions]);
    const known = gathered.get(key);
    if (known === undefined) gathered.set(key, { name, unit, dimensions, values: [value] });
    else if (unit === 'Count') known.values[0] = (known.values[0] ?? 0) + value;
    else known.values.push(value);
  }

  return {
    telemetry: {
      ...createTelemetry({ meter: metrics.getMeter('none') }),
      count: (name: CounterName, attributes = {}, by = 1) => add(counters[name].name, 'Count', attributes, by),
      record: (name: HistogramName, value, attributes = {}) => add(histograms[name].name, 'Seconds', attributes, value),
    },
    flush() {
      for (const { name, unit, dimensions, values } of gathered.values()) {
        for (let start = 0; start < values.length; start += maxValues) {
          const some = values.slice(start, start + maxValues);
          const metric = { Namespace: 'JobTickets', Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: name, Unit: unit }] };
          write(
            JSON.stringify({
              _aws: { Timestamp: now(), CloudWatchMetrics: [metric] },
              ...dimensions,
              [name]: some.length === 1 ? some[0] : some,
            }),
          );
        }
      }
      gathered.clear();
    },
  };
}
