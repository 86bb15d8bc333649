/**
 * CloudWatch's alarms, as far as this project uses them: an alarm of a template gets minutes of measurements, and says whether
 * it goes off.
 */
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import type { Resource } from '../testTemplates.ts';

/** One number a minute; undefined where nothing was measured. The number is that minute's, whatever the statistic. */
export interface Series {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly minutes: readonly (number | undefined)[];
}

const dimensions = z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]);
const source = z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions });
const statistic = z.enum(['Sum', 'Maximum', 'Minimum']);
const shared = {
  AlarmName: z.string(),
  EvaluationPeriods: z.int(),
  Threshold: z.number(),
  ComparisonOperator: z.literal('GreaterThanThreshold'),
  TreatMissingData: z.literal('notBreaching'),
};
const alarm = z.union([
  z.object({ ...shared, ...source.shape, Statistic: statistic, Period: z.literal(60) }),
  z.object({
    ...shared,
    Metrics: z.array(
      z.union([
        z.object({ Id: z.string(), Expression: z.string() }),
        z.object({ Id: z.string(), MetricStat: z.object({ Metric: source, Stat: statistic, Period: z.literal(60) }) }),
      ]),
    ),
  }),
]);

export type Alarm = z.infer<typeof alarm>;

/** The alarms of a template by their names without the environment's. */
export function alarmsIn(resources: Readonly<Record<string, Resource>>, environment: string): ReadonlyMap<string, Alarm> {
  const all = Object.values(resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return new Map(
    all.map(({ Properties }) => {
      const parsed = alarm.parse(resolved(Properties, resources));
      return [parsed.AlarmName.replace(`job-tickets-${environment}-`, ''), parsed] as const;
    }),
  );
}

/** The namespace and name of each measurement that the alarm reads. */
export function sourcesOf(one: Alarm): readonly string[] {
  const sources = 'Metrics' in one ? one.Metrics.flatMap((metric) => ('MetricStat' in metric ? [metric.MetricStat.Metric] : [])) : [one];
  return sources.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`);
}

/** Whether it goes off at some minute. `quota` is the value of SERVICE_QUOTA. */
export function goesOff(one: Alarm, series: readonly Series[], quota = 1000): boolean {
  const length = Math.max(0, ...series.map(({ minutes }) => minutes.length));
  const breaches = Array.from({ length }, (_, minute) => (valueAt(one, series, minute, quota) ?? -Infinity) > one.Threshold);
  return breaches.some((_, last) => {
    const looked = breaches.slice(Math.max(0, last + 1 - one.EvaluationPeriods), last + 1);
    return looked.length === one.EvaluationPeriods && looked.every(Boolean);
  });
}

function valueAt(one: Alarm, series: readonly Series[], minute: number, quota: number): number | undefined {
  if (!('Metrics' in one)) return measuredAt(one, series, minute);
  const values = one.Metrics.flatMap((metric) =>
    'MetricStat' in metric ? [[metric.Id, measuredAt(metric.MetricStat.Metric, series, minute)] as const] : [],
  );
  const [expression] = one.Metrics.flatMap((metric) => ('Expression' in metric ? [metric.Expression] : []));
  const result: unknown = runInNewContext(expression ?? '', { ...mathOf(quota), ...Object.fromEntries(values) });
  return typeof result === 'number' && !Number.isNaN(result) ? result : undefined;
}

/** Source: "Using math expressions with CloudWatch metrics". The rest of its arithmetic has JavaScript's syntax. */
const mathOf = (quota: number) => ({
  FILL: (value: number | undefined, otherwise: number) => value ?? otherwise,
  IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
  SERVICE_QUOTA: () => quota,
});

function measuredAt(wanted: z.infer<typeof source>, series: readonly Series[], minute: number): number | undefined {
  const names = Object.fromEntries(wanted.Dimensions.map(({ Name, Value }) => [Name, Value]));
  return series.find(
    ({ namespace, metric, dimensions: has }) =>
      namespace === wanted.Namespace &&
      metric === wanted.MetricName &&
      Object.keys(has).length === Object.keys(names).length &&
      Object.entries(has).every(([name, value]) => names[name] === value),
  )?.minutes[minute];
}

/** References to other resources become the names of these, or the CDK's names for them. */
function resolved(value: unknown, resources: Readonly<Record<string, Resource>>): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, resources));
  if (typeof value !== 'object' || value === null) return value;
  const reference = z.union([z.strictObject({ Ref: z.string() }), z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })]);
  const parsed = reference.safeParse(value);
  if (!parsed.success) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, resources)]));
  const id = 'Ref' in parsed.data ? parsed.data.Ref : parsed.data['Fn::GetAtt'][0];
  const { QueueName, TableName, FunctionName } = resources[id]?.Properties ?? {};
  // A logical id ends in eight digits that the CDK makes of its path.
  return QueueName ?? TableName ?? FunctionName ?? id.replace(/[\dA-F]{8}$/, '');
}
