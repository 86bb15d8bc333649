/** One page that answers: does work arrive, is it done, what waits, what fails. */
import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, type Alarm, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { cacheCpu, tableThrottles, type Observed } from './alarms.ts';

export function addDashboard(
  scope: Construct,
  { name }: Environment,
  { storage, queues, lambdas, cache }: Observed,
  alarms: readonly Alarm[],
): void {
  const jobs = [...queues.jobs.values()];
  const sum = { period: Duration.minutes(1), statistic: 'Sum' } as const;
  const max = { period: Duration.minutes(1), statistic: 'Maximum' } as const;
  const functions = Object.values(lambdas);
  new Dashboard(scope, 'Dashboard', {
    dashboardName: `job-tickets-${name}`,
    defaultInterval: Duration.hours(3),
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 4, alarms: [...alarms] })],
      [
        graph(
          'Messages sent',
          jobs.map((queue) => queue.metricNumberOfMessagesSent(sum)),
        ),
        graph(
          'Messages done',
          jobs.map((queue) => queue.metricNumberOfMessagesDeleted(sum)),
        ),
        graph(
          'Waiting',
          jobs.map((queue) => queue.metricApproximateNumberOfMessagesVisible(max)),
        ),
      ],
      [
        graph(
          'Oldest message, seconds',
          jobs.map((queue) => queue.metricApproximateAgeOfOldestMessage(max)),
        ),
        graph('Dead letters', [
          queues.deadLetters.metricApproximateNumberOfMessagesVisible(max),
          lambdas.dlqHandler.metricInvocations(sum),
        ]),
        graph('Relay: iterator age, ms', [lambdas.streamRelay.metric('IteratorAge', max)]),
      ],
      [
        graph(
          'Lambda errors',
          functions.map((lambda) => lambda.metricErrors(sum)),
        ),
        graph(
          'Lambda duration, ms',
          functions.map((lambda) => lambda.metricDuration(max)),
        ),
        graph('Table: units and throttles', [
          storage.table.metricConsumedWriteCapacityUnits(sum),
          storage.table.metricConsumedReadCapacityUnits(sum),
          tableThrottles(storage),
        ]),
      ],
      [graph('Valkey: CPU of its thread, %', [cacheCpu(cache)])],
    ],
  });
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, width: 8, left });
}
