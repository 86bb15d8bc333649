/** What calls a person. docs/operations.md says of each alarm what it means and what to do; a test holds both together. */
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { Cache } from './cache.ts';
import type { Lambdas } from './lambdas.ts';
import type { Queues } from './queues.ts';
import type { Storage } from './storage.ts';

export interface Observed {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly lambdas: Lambdas;
  readonly cache: Cache;
}

/** The longest that a message of each priority may wait. */
const maxAge: Readonly<Record<string, Duration>> = { high: Duration.minutes(1), normal: Duration.minutes(15), low: Duration.hours(2) };

interface AlarmProps {
  readonly metric: IMetric;
  /** The alarm goes off above it. */
  readonly above: number;
  /** How many minutes in a row. */
  readonly minutes: number;
  readonly says: string;
}

/** Subscribe whoever is on call to the topic. */
export function addAlarms(
  parent: Construct,
  { name: stage }: Environment,
  { storage, queues, lambdas, cache }: Observed,
): readonly Alarm[] {
  const scope = new Construct(parent, 'Alarms');
  const topic = new Topic(scope, 'Topic', { topicName: `job-tickets-${stage}-alarms`, enforceSSL: true });
  const alarms: Alarm[] = [];

  function add(name: string, { metric, above, minutes, says }: AlarmProps): void {
    const alarm = new Alarm(scope, name, {
      alarmName: `job-tickets-${stage}-${name}`,
      alarmDescription: says,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: minutes,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    alarms.push(alarm);
  }

  const max = { period: Duration.minutes(1), statistic: 'Maximum' } as const;
  const sum = { period: Duration.minutes(1), statistic: 'Sum' } as const;

  add('dead-letters-arrive', {
    metric: lambdas.dlqHandler.metricInvocations(sum),
    above: 0,
    minutes: 1,
    says: 'A job used up its receives.',
  });
  add('dead-letters-stay', {
    metric: queues.deadLetters.metricApproximateNumberOfMessagesVisible(max),
    above: 0,
    minutes: 10,
    says: 'dlqHandler does not get the dead-letter queue empty.',
  });
  for (const [priority, queue] of queues.jobs) {
    const age = maxAge[priority] ?? Duration.minutes(15);
    add(`${priority}-waits`, {
      metric: queue.metricApproximateAgeOfOldestMessage(max),
      above: age.toSeconds(),
      minutes: 5,
      says: `The oldest message of jobs-${priority} waits longer than ${age.toHumanString()}.`,
    });
  }
  add('relay-lags', {
    metric: lambdas.streamRelay.metric('IteratorAge', max),
    above: Duration.minutes(1).toMilliseconds(),
    minutes: 5,
    says: 'streamRelay is behind the stream by more than a minute.',
  });
  add('relay-gave-up', {
    metric: queues.relayFailures.metricApproximateNumberOfMessagesVisible(max),
    above: 0,
    minutes: 1,
    says: 'Records of the stream were passed over.',
  });
  for (const [name, lambda] of Object.entries(lambdas)) {
    add(`${name}-errors`, { metric: lambda.metricErrors(sum), above: 0, minutes: 3, says: `${name} fails.` });
    add(`${name}-throttles`, { metric: lambda.metricThrottles(sum), above: 0, minutes: 3, says: `${name} is throttled.` });
  }
  add('table-throttles', { metric: tableThrottles(storage), above: 0, minutes: 3, says: 'DynamoDB throttles writes.' });
  add('cache-busy', { metric: cacheCpu(cache), above: 80, minutes: 10, says: 'Valkey is at the end of its one thread.' });
  return alarms;
}

export function tableThrottles({ table }: Storage): Metric {
  return table.metric('WriteThrottleEvents', { period: Duration.minutes(1), statistic: 'Sum' });
}

export function cacheCpu({ replicationGroupId }: Cache): Metric {
  return new Metric({
    namespace: 'AWS/ElastiCache',
    metricName: 'EngineCPUUtilization',
    dimensionsMap: { ReplicationGroupId: replicationGroupId, Role: 'Primary' },
    period: Duration.minutes(1),
    statistic: 'Maximum',
  });
}
