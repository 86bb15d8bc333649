/** One page that answers four questions: does work arrive, is it done, what waits, what fails. */
import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, type Alarm, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { Observed } from './alarms.ts';
import { cacheCpu, concurrencyUsed, indexThrottles, ownMetric, tableThrottles } from './measurements.ts';

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
      // Includes server and worker where METRICS is `emf` and their logs go to CloudWatch.
      [
        graph('Jobs created and finished', [ownMetric(name, 'jobs.created', 'Sum'), ownMetric(name, 'jobs.finished', 'Sum')]),
        graph(
          'From creation to the end, seconds',
          ['p50', 'p99'].map((statistic) => ownMetric(name, 'jobs.duration', statistic)),
        ),
        graph(
          'Until a worker begins, seconds',
          ['p50', 'p99'].map((statistic) => ownMetric(name, 'jobs.queue.wait', statistic)),
        ),
      ],
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
          'The job that waits longest, seconds',
          ['HIGH', 'NORMAL', 'LOW'].map((priority) => ownMetric(name, 'jobs.waiting.oldest', 'Maximum', { priority })),
        ),
        graph('Dead letters, and jobs given up', [
          queues.deadLetters.metricApproximateNumberOfMessagesVisible(max),
          ownMetric(name, 'jobs.dead_letters', 'Sum'),
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
          indexThrottles(storage),
        ]),
      ],
      [
        graph('Valkey: CPU of its thread, %', [cacheCpu(cache)]),
        graph('Lambda: concurrency used, %', [concurrencyUsed()]),
        graph('The sweeper finds', [ownMetric(name, 'jobs.sweeps.sent_again', 'Sum'), ownMetric(name, 'jobs.sweeps.failed', 'Sum')]),
      ],
    ],
  });
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, width: 8, left });
}
