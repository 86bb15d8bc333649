import { afterAll, describe, expect, test } from 'vitest';
import { embeddedMetrics } from '../../telemetry/embeddedMetrics.ts';
import { counters, gauges, histograms, type Instrument, type Process } from '../../telemetry/instruments.ts';
import { synthesize } from '../testTemplates.ts';
import { reachable, read } from '../testUsedActions.ts';
import { lambdaLoopRules, podRules, type Groups } from './rules.ts';
import { metricsNamespace } from '../stacks/measurements.ts';
import { alarmsIn, sourcesOf } from './testCloudWatch.ts';

const templates = await synthesize({ only: 'prod' });
afterAll(() => templates[Symbol.asyncDispose]());

const entries: Readonly<Record<Process, string>> = {
  server: 'server/main.ts',
  worker: 'worker/main.ts',
  dlqHandler: 'lambda/aws/dlqHandler.ts',
  streamRelay: 'lambda/aws/streamRelay.ts',
  sweeper: 'lambda/aws/sweeper.ts',
};
const instruments: Readonly<Record<string, Instrument>> = { ...counters, ...histograms, ...gauges };
const pods: readonly Process[] = ['server', 'worker'];
const lambdas: readonly Process[] = ['dlqHandler', 'streamRelay', 'sweeper'];

/** Found in the code that each process loads: where an instrument is counted, recorded or read. */
const counted = new Map<string, Set<Process>>();
for (const process of [...pods, ...lambdas]) {
  for (const path of reachable(entries[process])) {
    for (const [, name = ''] of read(path).matchAll(/\btelemetry\.(?:count|record|gauge)\(\s*'(\w+)'/g)) {
      counted.set(name, (counted.get(name) ?? new Set()).add(process));
    }
  }
}

/** The name that OpenTelemetry's exporter gives an instrument in Prometheus. */
const byPrometheusName = new Map(
  Object.entries(instruments).flatMap(([key, { name }]) => {
    const base = name.replaceAll('.', '_');
    if (key in counters) return [[`${base}_total`, key]];
    return key in gauges ? [[base, key]] : ['bucket', 'count', 'sum'].map((part) => [`${base}_${part}`, key]);
  }),
);

/** Every measurement that rules read, with the alert or recording rule that reads it. */
function readBy(groups: Groups): readonly (readonly [rule: string, instrument: string])[] {
  return groups.flatMap(({ rules }) =>
    rules.flatMap((rule) =>
      [...rule.expr.matchAll(/\b(?:jobs|feed|messaging|websocket)_[a-z_]+\b/g)].map(([name]) => {
        const by = 'alert' in rule ? rule.alert : `${rule.record} ${JSON.stringify(rule['labels'])}`;
        return [String(by), byPrometheusName.get(name) ?? `unknown: ${name}`] as const;
      }),
    ),
  );
}

/** Measurements that a rule reads although another process counts them too; the rest is watched elsewhere. */
const seenInPart: Readonly<Record<string, string>> = {
  // What a Lambda fails to publish comes again from the stream, and is watched by the alarms relay-lags and relay-gave-up.
  FeedLosesPublishes: 'feedPublishes',
};

function strangersIn(groups: Groups, scraped: readonly Process[]): readonly string[] {
  return readBy(groups).flatMap(([rule, name]) => {
    const elsewhere = [...(counted.get(name) ?? [])].filter((process) => !scraped.includes(process));
    const isSeen = (counted.get(name)?.size ?? 0) > elsewhere.length && (elsewhere.length === 0 || seenInPart[rule] === name);
    return isSeen ? [] : [`${rule} reads ${name}, which ${[...(counted.get(name) ?? ['nobody'])].join(', ')} counts`];
  });
}

describe('what is measured', () => {
  test('is counted by the processes that its declaration names, in the code that they load', () => {
    const declared = Object.fromEntries(Object.entries(instruments).map(([key, { countedBy }]) => [key, [...countedBy].toSorted()]));
    const found = Object.fromEntries([...counted].map(([key, processes]) => [key, [...processes].toSorted()]));
    expect(found).toEqual(declared);
  });

  test('an alert of Kubernetes reads only what servers and workers count', () => {
    expect(readBy(podRules()).length).toBeGreaterThan(20);
    expect(strangersIn(podRules(), pods)).toEqual([]);
  });

  test('an alert of the Lambda loops reads only what they count', () => {
    expect(readBy(lambdaLoopRules()).length).toBeGreaterThan(3);
    expect(strangersIn(lambdaLoopRules(), lambdas)).toEqual([]);
  });

  test('an alert on something that only Lambdas count, or also count, is noticed', () => {
    const rule = (expr: string): Groups => [{ name: 'x', rules: [{ alert: 'X', expr, labels: { severity: 'warning' } }] }];
    expect(strangersIn(rule('increase(jobs_dead_letters_total[5m]) > 0'), pods)).toEqual(['X reads deadLetters, which dlqHandler counts']);
    expect(strangersIn(rule('rate(jobs_finished_total[5m])'), pods)).toHaveLength(1);
    expect(strangersIn(rule('jobs_nonsense > 0'), pods)).toEqual(['X reads unknown: jobs_nonsense, which nobody counts']);
    expect(strangersIn(rule('jobs_running > 0'), pods)).toEqual([]);
  });

  test('an alarm of CloudWatch reads, of our measurements, only what Lambdas alone count, and always write', async () => {
    const namespace = `${metricsNamespace('prod')} `;
    const alarms = [...alarmsIn(await templates.resources('prod'), 'prod')];
    const ours = alarms.flatMap(([name, alarm]) =>
      sourcesOf(alarm)
        .filter((source) => source.startsWith(namespace))
        .map((source) => [name, source.slice(namespace.length)] as const),
    );
    expect(ours.length).toBeGreaterThan(5);
    const wrong = ours.filter(([, metric]) => {
      const instrument = embeddedMetrics.find(({ name }) => name === metric)?.of ?? '';
      const by = [...(counted.get(instrument) ?? [])];
      return by.length === 0 || by.some((process) => !lambdas.includes(process));
    });
    expect(wrong).toEqual([]);
  });

  test('no condition is watched twice: no measurement is read by an alarm and by an alert of Kubernetes', async () => {
    const alarmed = new Set([...alarmsIn(await templates.resources('prod'), 'prod').values()].flatMap(sourcesOf));
    const names = embeddedMetrics.filter(({ name }) => alarmed.has(`${metricsNamespace('prod')} ${name}`)).map(({ of }) => of);
    expect(readBy(podRules()).filter(([, name]) => names.some((alarm) => alarm === name))).toEqual([]);
  });
});
