/**
 * What the code tells of itself: spans of the work it does, and measurements by name. Without an exporter in the
 * settings spans are not made at all, and a measurement is an addition in memory.
 *
 * Names follow OpenTelemetry's semantic conventions where there is one (messaging.*), and are listed here once.
 */
import { metrics, type Attributes, type Meter } from '@opentelemetry/api';
import type { Spans } from './spans.ts';
import { writeXrayHeader } from './traceHeaders.ts';

export const counters = {
  jobsCreated: { name: 'jobs.created', unit: '{job}', description: 'Jobs recorded, by type and priority.' },
  jobsFinished: { name: 'jobs.finished', unit: '{job}', description: 'Jobs that reached a final state, by type and status.' },
  jobsRetried: { name: 'jobs.retried', unit: '{job}', description: 'Generations begun by a client’s retry, by type.' },
  deadLetters: {
    name: 'jobs.dead_letters',
    unit: '{job}',
    description: 'Jobs that ended since their budget was used up, found by a dead letter, by type.',
  },
  sweeps: { name: 'jobs.sweeps', unit: '{job}', description: 'Jobs the sweeper moved, by action: sentAgain, ended, failed.' },
  feedPublishes: { name: 'feed.publishes', unit: '{event}', description: 'Events told to the feed, by outcome: taken, lost.' },
  feedRepairs: {
    name: 'feed.repairs',
    unit: '{event}',
    description: 'Events that watchers got from the table, since the feed did not bring them.',
  },
  sent: { name: 'messaging.client.sent.messages', unit: '{message}', description: 'Messages sent, by destination.' },
  consumed: { name: 'messaging.client.consumed.messages', unit: '{message}', description: 'Messages received, by destination.' },
} as const;

export const histograms = {
  attemptDuration: { name: 'jobs.attempt.duration', unit: 's', description: 'Time a handler took, by type and outcome.' },
  processDuration: {
    name: 'messaging.process.duration',
    unit: 's',
    description: 'Time from a message’s receipt to its acknowledgement, by destination.',
  },
  queueWait: { name: 'jobs.queue.wait', unit: 's', description: 'Time from a message’s first send to its first receipt, by priority.' },
  endToEnd: { name: 'jobs.duration', unit: 's', description: 'Time from a job’s creation to its final state, by type and status.' },
} as const;

/** Seconds: from a handler that does nothing to one that takes hours. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

export const gauges = {
  watchers: { name: 'feed.watchers', unit: '{watcher}', description: 'Subscriptions to jobs and owners that are open here.' },
  sockets: { name: 'websocket.connections', unit: '{connection}', description: 'WebSockets that are open here.' },
  running: { name: 'jobs.running', unit: '{job}', description: 'Jobs that run in this worker.' },
  sweepOpen: { name: 'jobs.sweep.open', unit: '{job}', description: 'Open jobs that the sweeper’s last whole pass looked at.' },
  sweepOverdue: {
    name: 'jobs.sweep.overdue',
    unit: '{job}',
    description: 'Jobs that the sweeper’s last whole pass found overdue: sent again, ended, or failed at.',
  },
  tableAway: {
    name: 'jobs.table.away',
    unit: '1',
    description: '1 while this worker receives nothing, since the table does not answer.',
  },
} as const;

export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
export type GaugeName = keyof typeof gauges;

export interface Telemetry {
  count(name: CounterName, attributes?: Attributes, by?: number): void;
  /** In the histogram's unit: seconds. */
  record(name: HistogramName, value: number, attributes?: Attributes): void;
  /** Read whenever metrics are collected, until the function it answers is called. */
  gauge(name: GaugeName, read: () => number): () => void;
  /** Runs in a span of this name, which a rejection marks as failed. */
  readonly span: Spans['run'];
  /** X-Ray's header of the running span, for a message to carry; undefined where none runs. */
  traceHeader(): string | undefined;
  /** Of the running span; empty where none runs. */
  running(): { readonly traceId?: string; readonly spanId?: string };
}

export interface TelemetryDeps {
  readonly meter: Meter;
  /** Absent: none are made. */
  readonly spans?: Spans | undefined;
}

const noAnnotation = (): void => undefined;

export function createTelemetry({ meter, spans }: TelemetryDeps): Telemetry {
  const counterOf = lazily((name: CounterName) => meter.createCounter(counters[name].name, counters[name]));
  const histogramOf = lazily((name: HistogramName) =>
    meter.createHistogram(histograms[name].name, { ...histograms[name], advice: { explicitBucketBoundaries: secondsBuckets } }),
  );

  return {
    count: (name, attributes, by = 1) => counterOf(name).add(by, attributes),
    record: (name, value, attributes) => histogramOf(name).record(value, attributes),
    gauge(name, read) {
      const gauge = meter.createObservableGauge(gauges[name].name, gauges[name]);
      const observe = (result: { observe(value: number): void }): void => result.observe(read());
      gauge.addCallback(observe);
      return () => gauge.removeCallback(observe);
    },

    span: (name, options, run) => (spans === undefined ? run(noAnnotation) : spans.run(name, options, run)),

    traceHeader() {
      const running = spans?.running();
      return running === undefined ? undefined : writeXrayHeader(running);
    },

    running: () => spans?.running() ?? {},
  };
}

/** For whatever is opened without: spans are not made, measurements go nowhere. */
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
