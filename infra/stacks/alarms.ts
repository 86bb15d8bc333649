/** The alarms that call a person. docs/operations.md says of each what it means, what causes it and what to do; tests compare the two. */
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { Cache } from './cache.ts';
import type { Lambdas } from './lambdas.ts';
import { cacheCpu, concurrencyUsed, ownMetric, tableThrottles, indexThrottles, unreceived } from './measurements.ts';
import type { Queues } from './queues.ts';
import type { Storage } from './storage.ts';

export interface Observed {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly lambdas: Lambdas;
  readonly cache: Cache;
}

/** The longest time that a job of each priority may wait for a worker. The rules of Prometheus have the same. */
export const longestWaits = { high: Duration.minutes(1), normal: Duration.minutes(15), low: Duration.hours(2) } as const;

interface AlarmProps {
  readonly metric: IMetric;
  /** The alarm goes off above it. */
  readonly above: number;
  /** How many minutes in a row. */
  readonly minutes: number;
  readonly says: string;
}

/** Subscribe the people on call to this topic. */
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

  add('jobs-given-up', {
    metric: ownMetric(stage, 'jobs.dead_letters', 'Sum'),
    above: 0,
    minutes: 1,
    says: 'A job used up its budget and became FAILED_FINAL.',
  });
  add('dead-letters-stay', {
    metric: queues.deadLetters.metricApproximateNumberOfMessagesVisible(max),
    above: 0,
    minutes: 10,
    says: 'dlqHandler does not manage to empty the dead-letter queue.',
  });
  for (const [priority, longest] of Object.entries(longestWaits)) {
    add(`${priority}-waits`, {
      metric: ownMetric(stage, 'jobs.waiting.oldest', 'Maximum', { priority: priority.toUpperCase() }),
      above: longest.toSeconds(),
      minutes: 3,
      says: `A job of priority ${priority.toUpperCase()} has waited longer than ${longest.toHumanString()} for a worker.`,
    });
  }
  add('nobody-receives', {
    metric: unreceived([...queues.jobs.values()]),
    above: 0,
    minutes: 5,
    says: 'Messages wait, and no worker receives any of them.',
  });
  add('messages-lost', {
    metric: ownMetric(stage, 'jobs.sweeps.sent_again', 'Sum'),
    above: 10,
    minutes: 1,
    says: 'In one minute the sweeper sent more than ten jobs again whose messages were lost.',
  });
  add('sweeper-passes-over', {
    metric: ownMetric(stage, 'jobs.sweeps.failed', 'Sum'),
    above: 0,
    minutes: 3,
    says: 'The sweeper finds jobs that it cannot read or send.',
  });
  add('sweeper-stands-still', {
    metric: new MathExpression({
      expression: 'IF(FILL(runs, 0) > 0, 0, 1)',
      usingMetrics: { runs: lambdas.sweeper.metricInvocations(sum) },
      period: sum.period,
      label: 'no run of the sweeper',
    }),
    above: 0,
    minutes: 5,
    says: 'The sweeper does not run, so it is not known how long jobs wait.',
  });
  add('relay-lags', {
    metric: lambdas.streamRelay.metric('IteratorAge', max),
    above: Duration.minutes(1).toMilliseconds(),
    minutes: 5,
    says: 'streamRelay is more than a minute behind the stream.',
  });
  add('relay-gave-up', {
    metric: queues.relayFailures.metricApproximateNumberOfMessagesVisible(max),
    above: 0,
    minutes: 1,
    says: 'Records of the stream were skipped.',
  });
  for (const [name, lambda] of Object.entries(lambdas)) {
    add(`${name}-errors`, { metric: lambda.metricErrors(sum), above: 0, minutes: 3, says: `${name} fails.` });
    add(`${name}-throttles`, { metric: lambda.metricThrottles(sum), above: 0, minutes: 3, says: `${name} is throttled.` });
  }
  add('lambda-concurrency', {
    metric: concurrencyUsed(),
    above: 80,
    minutes: 5,
    says: 'More than 80 % of the Lambdas that the account may run at once are running.',
  });
  add('table-throttles', {
    metric: tableThrottles(storage),
    above: 0,
    minutes: 3,
    says: 'DynamoDB throttles reads or writes of the table.',
  });
  add('index-throttles', {
    metric: indexThrottles(storage),
    above: 0,
    minutes: 3,
    says: 'DynamoDB throttles reads or writes of an index.',
  });
  add('cache-busy', { metric: cacheCpu(cache), above: 80, minutes: 10, says: 'Valkey’s one thread is at its limit.' });
  return alarms;
}
