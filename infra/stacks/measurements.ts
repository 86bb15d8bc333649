/** Measurements that alarms and dashboard share, and for which the CDK has no class. */
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { jobsTable } from '../../core/table/dynamodb/definition.ts';
import type { embeddedMetrics } from '../../telemetry/embeddedMetrics.ts';
import type { Cache } from './cache.ts';
import type { Storage } from './storage.ts';

const period = Duration.minutes(1);

/** The METRICS_NAMESPACE of all parts of an environment. */
export const metricsNamespace = (environment: string): string => `JobTickets/${environment}`;

/** A measurement that the Lambdas write into their logs, and with METRICS=emf also server and worker. */
export function ownMetric(
  environment: string,
  metricName: (typeof embeddedMetrics)[number]['name'],
  statistic: string,
  dimensionsMap: Readonly<Record<string, string>> = {},
): Metric {
  return new Metric({ namespace: metricsNamespace(environment), metricName, dimensionsMap, statistic, period });
}

export function tableThrottles({ table }: Storage): MathExpression {
  return throttles({ TableName: table.tableName }, ['table'], () => ({}));
}

/** An index has a throughput of its own, and limits the writes of its table. */
export function indexThrottles({ table }: Storage): MathExpression {
  return throttles({ TableName: table.tableName }, Object.keys(jobsTable.indexes), (index) => ({ GlobalSecondaryIndexName: index }));
}

function throttles(
  table: Readonly<Record<string, string>>,
  names: readonly string[],
  dimensionsOf: (name: string) => Readonly<Record<string, string>>,
): MathExpression {
  const usingMetrics = Object.fromEntries(
    names.flatMap((name) =>
      (['Read', 'Write'] as const).map((kind) => {
        const dimensionsMap = { ...table, ...dimensionsOf(name) };
        const metric = new Metric({
          namespace: 'AWS/DynamoDB',
          metricName: `${kind}ThrottleEvents`,
          dimensionsMap,
          statistic: 'Sum',
          period,
        });
        return [`${name}${kind}s`, metric] as const;
      }),
    ),
  );
  const expression = Object.keys(usingMetrics)
    .map((name) => `FILL(${name}, 0)`)
    .join(' + ');
  return new MathExpression({ expression, usingMetrics, period, label: 'throttled requests' });
}

/** The number of messages that wait, in a minute in which none was received. */
export function unreceived(queues: readonly Queue[]): MathExpression {
  const waiting = queues.map(
    (queue, index) => [`waiting${index}`, queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Minimum' })] as const,
  );
  const received = queues.map(
    (queue, index) => [`received${index}`, queue.metricNumberOfMessagesReceived({ period, statistic: 'Sum' })] as const,
  );
  const sumOf = (metrics: readonly (readonly [name: string, Metric])[]): string => metrics.map(([name]) => `FILL(${name}, 0)`).join(' + ');
  return new MathExpression({
    expression: `IF((${sumOf(received)}) > 0, 0, ${sumOf(waiting)})`,
    usingMetrics: Object.fromEntries([...waiting, ...received]),
    period,
    label: 'messages that nobody receives',
  });
}

/**
 * In percent of the Lambdas that the account may run at once in this region, for all of its services; reserved ones count as
 * used. Source: "Monitoring concurrency", AWS Lambda.
 */
export function concurrencyUsed(): MathExpression {
  const ofAccount = (metricName: string) => new Metric({ namespace: 'AWS/Lambda', metricName, statistic: 'Maximum', period });
  const usingMetrics = { claimed: ofAccount('ClaimedAccountConcurrency'), running: ofAccount('ConcurrentExecutions') };
  return new MathExpression({ expression: '100 * claimed / SERVICE_QUOTA(running)', usingMetrics, period, label: 'concurrency used, %' });
}

export function cacheCpu({ replicationGroupId }: Cache): Metric {
  return new Metric({
    namespace: 'AWS/ElastiCache',
    metricName: 'EngineCPUUtilization',
    dimensionsMap: { ReplicationGroupId: replicationGroupId, Role: 'Primary' },
    period,
    statistic: 'Maximum',
  });
}
