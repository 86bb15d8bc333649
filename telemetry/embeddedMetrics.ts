/**
 * Measurements in CloudWatch's Embedded Metric Format: lines in the log that CloudWatch turns into metrics. A custom metric
 * costs money for each combination of dimensions, so only ten metrics are made of everything that is measured: ten are free.
 */
import type { Attributes } from '@opentelemetry/api';
import type { CounterName, GaugeName, HistogramName } from './instruments.ts';

interface EmbeddedMetric {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds';
  readonly of: CounterName | HistogramName | GaugeName;
  /** Only measurements with this attribute. */
  readonly where?: Readonly<Record<string, string>>;
  /** The attribute that tells its metrics apart, with its possible values. */
  readonly by?: { readonly attribute: string; readonly values: readonly string[] };
}

export const embeddedMetrics = [
  { name: 'jobs.created', unit: 'Count', of: 'jobsCreated' },
  { name: 'jobs.finished', unit: 'Count', of: 'jobsFinished' },
  { name: 'jobs.duration', unit: 'Seconds', of: 'endToEnd' },
  { name: 'jobs.queue.wait', unit: 'Seconds', of: 'queueWait' },
  { name: 'jobs.dead_letters', unit: 'Count', of: 'deadLetters' },
  { name: 'jobs.sweeps.sent_again', unit: 'Count', of: 'sweeps', where: { action: 'sentAgain' } },
  { name: 'jobs.sweeps.failed', unit: 'Count', of: 'sweeps', where: { action: 'failed' } },
  { name: 'jobs.waiting.oldest', unit: 'Seconds', of: 'waitingOldest', by: { attribute: 'priority', values: ['HIGH', 'NORMAL', 'LOW'] } },
] as const satisfies readonly EmbeddedMetric[];

export interface EmbeddedMetrics {
  add(name: CounterName | HistogramName, value: number, attributes?: Attributes): void;
  /** Read at each flush, until the returned function is called. */
  gauge(name: GaugeName, read: () => Promise<readonly { readonly value: number; readonly attributes: Attributes }[]>): () => void;
  /** Writes what was gathered since the last time. Never rejects: a gauge that cannot be read is left out. */
  flush(): Promise<void>;
}

export interface EmbeddedMetricsOptions {
  /** The process: logged beside the numbers, but not a dimension. */
  readonly part: string;
  readonly namespace: string;
  readonly write: (line: string) => void;
  readonly now: () => number;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** EMF: the most values of a metric in a line. Where there are more, a uniform random sample of this size is written. */
const maxValues = 100;

interface Gathered {
  seen: number;
  readonly values: number[];
}

export function createEmbeddedMetrics({ part, namespace, write, now, random = Math.random }: EmbeddedMetricsOptions): EmbeddedMetrics {
  const metrics: readonly EmbeddedMetric[] = embeddedMetrics;
  const byInstrument = Map.groupBy(metrics, ({ of }) => of);
  /** By the value of their dimension, then by name; those without a dimension under the empty string. */
  const gathered = new Map<string, Map<EmbeddedMetric, Gathered>>();
  const gauges = new Set<() => Promise<void>>();

  function add(name: EmbeddedMetric['of'], value: number, attributes: Attributes = {}): void {
    for (const metric of byInstrument.get(name) ?? []) {
      const { by, where = {} } = metric;
      if (Object.entries(where).some(([key, wanted]) => attributes[key] !== wanted)) continue;
      const dimension = by === undefined ? '' : String(attributes[by.attribute]);
      if (by !== undefined && !by.values.includes(dimension)) continue;
      keep(metric, dimension, value);
    }
  }

  function keep(metric: EmbeddedMetric, dimension: string, value: number): void {
    const ofDimension = gathered.get(dimension) ?? new Map<EmbeddedMetric, Gathered>();
    gathered.set(dimension, ofDimension);
    const known = ofDimension.get(metric) ?? { seen: 0, values: [] };
    ofDimension.set(metric, known);
    known.seen += 1;
    if (metric.unit === 'Count') known.values[0] = (known.values[0] ?? 0) + value;
    else if (known.values.length < maxValues) known.values.push(value);
    else {
      const place = Math.floor(random() * known.seen);
      if (place < maxValues) known.values[place] = value;
    }
  }

  function lineOf(dimension: string, measured: ReadonlyMap<EmbeddedMetric, Gathered>): object {
    const [attribute] = [...measured.keys()].flatMap(({ by }) => (by === undefined ? [] : [by.attribute]));
    const entries = [...measured].map(([{ name }, { values }]) => [name, values.length === 1 ? values[0] : values] as const);
    const directive = {
      Namespace: namespace,
      Dimensions: [attribute === undefined ? [] : [attribute]],
      Metrics: [...measured.keys()].map(({ name, unit }) => ({ Name: name, Unit: unit })),
    };
    return {
      _aws: { Timestamp: now(), CloudWatchMetrics: [directive] },
      part,
      ...(attribute === undefined ? {} : { [attribute]: dimension }),
      ...Object.fromEntries(entries),
    };
  }

  return {
    add,
    gauge(name, read) {
      const look = async (): Promise<void> => {
        for (const { value, attributes } of await read()) add(name, value, attributes);
      };
      if (byInstrument.has(name)) gauges.add(look);
      return () => void gauges.delete(look);
    },
    async flush() {
      await Promise.allSettled([...gauges].map((look) => look()));
      for (const [dimension, measured] of gathered) write(JSON.stringify(lineOf(dimension, measured)));
      gathered.clear();
    },
  };
}
