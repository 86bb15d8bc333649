/**
 * The causes of each CloudWatch alarm, for tests. Where the measurement is ours, the code that makes it is run. Where it is
 * AWS's own, the cause is the measurements that AWS's documentation.
 */
import { metrics } from '@opentelemetry/api';
import { ulid } from 'ulid';
import { z } from 'zod';
import { JobError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import { encodeMessage } from '../../core/queue/message.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createDlqHandler } from '../../lambda/dlqHandler.ts';
import { createSweeper } from '../../lambda/sweeper.ts';
import { createEmbeddedMetrics } from '../../telemetry/embeddedMetrics.ts';
import { createTelemetry } from '../../telemetry/telemetry.ts';
import { makeJob } from '../../test/support/jobFactory.ts';
import { startSystem } from '../../test/support/startSystem.ts';
import { metricsNamespace } from '../stacks/measurements.ts';
import type { Series } from './testCloudWatch.ts';

export interface Cause {
  readonly alarm: string;
  readonly cause: string;
  readonly series: () => readonly Series[] | Promise<readonly Series[]>;
}

export const environment = 'prod';
const [minuteMs, hourMs] = [60_000, 3_600_000];

const awsMetric =
  (namespace: string, dimensions: Readonly<Record<string, string>>) =>
  (metric: string, ...minutes: readonly number[]): Series => ({ namespace, metric, dimensions, minutes });
const ofLambda = (name: string) => awsMetric('AWS/Lambda', { FunctionName: `job-tickets-${environment}-${name}` });
const ofQueue = (name: string) => awsMetric('AWS/SQS', { QueueName: `jobs-${environment}-${name}` });
const ofTable = (index?: string) =>
  awsMetric('AWS/DynamoDB', { TableName: `Jobs-${environment}`, ...(index === undefined ? {} : { GlobalSecondaryIndexName: index }) });
const ofAccount = awsMetric('AWS/Lambda', {});

const lambdas = ['dlqHandler', 'streamRelay', 'sweeper'];

export const causes: readonly Cause[] = [
  { alarm: 'jobs-given-up', cause: 'a job has failed as often as it may, and its dead letter is handled', series: givenUp },
  {
    alarm: 'dead-letters-stay',
    cause: 'dlqHandler fails on a dead letter again and again',
    series: () => [ofQueue('dlq')('ApproximateNumberOfMessagesVisible', ...times(10, 1))],
  },
  ...(['high', 'normal', 'low'] as const).map((priority) => ({
    alarm: `${priority}-waits`,
    cause: `a job of priority ${priority.toUpperCase()} waits for three hours`,
    series: () => waitingJobs(priority),
  })),
  {
    alarm: 'nobody-receives',
    cause: 'no worker runs, and jobs are handed in',
    series: () => [ofQueue('normal')('ApproximateNumberOfMessagesVisible', 3, 5, 9, 12, 20)],
  },
  { alarm: 'messages-lost', cause: 'a queue was purged', series: purgedQueue },
  { alarm: 'sweeper-passes-over', cause: 'SQS refuses a job’s message', series: refusedSends },
  {
    alarm: 'sweeper-stands-still',
    cause: 'the rule of the sweeper is disabled',
    series: () => [ofLambda('sweeper')('Invocations', 1, 0, 0, 0, 0, 0)],
  },
  {
    alarm: 'relay-lags',
    cause: 'Valkey takes no publishes, so streamRelay stays where it is',
    series: () => [ofLambda('streamRelay')('IteratorAge', ...[1, 2, 3, 4, 5].map((minutes) => minutes * minuteMs + 1))],
  },
  {
    alarm: 'relay-gave-up',
    cause: 'a record of the stream could not be published for five minutes',
    series: () => [ofQueue('relay-failures')('ApproximateNumberOfMessagesVisible', 1)],
  },
  ...lambdas.flatMap((name) => [
    { alarm: `${name}-errors`, cause: `${name} cannot reach what it needs`, series: () => [ofLambda(name)('Errors', 1, 2, 1)] },
    {
      alarm: `${name}-throttles`,
      cause: `${name} may not run as often at a time as it should`,
      series: () => [ofLambda(name)('Throttles', 1, 2, 1)],
    },
  ]),
  {
    alarm: 'lambda-concurrency',
    cause: 'another service of the account runs 900 of its 1,000 Lambdas',
    series: () => [ofAccount('ClaimedAccountConcurrency', ...times(5, 900)), ofAccount('ConcurrentExecutions', ...times(5, 900))],
  },
  {
    alarm: 'table-throttles',
    cause: 'one job is written to more often than a partition takes',
    series: () => [ofTable()('WriteThrottleEvents', 4, 4, 4)],
  },
  {
    alarm: 'table-throttles',
    cause: 'one job is read more often than a partition gives',
    series: () => [ofTable()('ReadThrottleEvents', 4, 4, 4)],
  },
  {
    alarm: 'index-throttles',
    cause: 'one owner hands in more jobs a second than a partition of byOwner takes',
    series: () => [ofTable('byOwner')('WriteThrottleEvents', 4, 4, 4)],
  },
  {
    alarm: 'index-throttles',
    cause: 'one owner’s jobs are listed more often than a partition of byOwner gives',
    series: () => [ofTable('byOwner')('ReadThrottleEvents', 4, 4, 4)],
  },
  {
    alarm: 'index-throttles',
    cause: 'all owners hand in more jobs a second than the shards of open jobs in places take',
    series: () => [ofTable('places')('WriteThrottleEvents', 4, 4, 4)],
  },
  {
    alarm: 'cache-busy',
    cause: 'more events a second than one node of Valkey carries',
    series: () => [
      { ...awsMetric('AWS/ElastiCache', { ReplicationGroupId: 'CacheValkey', Role: 'Primary' })('EngineCPUUtilization', ...times(10, 95)) },
    ],
  },
];

/** Conditions that need no alarm, however long they last. */
export const harmless: readonly Omit<Cause, 'alarm'>[] = [
  { cause: 'nothing happens at all, and the sweeper runs', series: () => [] },
  { cause: 'jobs run for hours, and others wait in a backoff', series: longJobs },
  {
    cause: 'workers receive what waits, though more comes',
    series: () => [
      ofQueue('normal')('ApproximateNumberOfMessagesVisible', ...times(10, 50)),
      ofQueue('high')('NumberOfMessagesReceived', ...times(10, 3)),
    ],
  },
  { cause: 'a few messages are lost', series: () => swept(times(10, { priority: 'LOW' as const }), {}, hourMs) },
];

function times<Value>(count: number, value: Value): Value[] {
  return Array.from({ length: count }, () => value);
}

/** What the Lambdas write while `run` works with the core; each flush counts as a minute. */
async function written(run: (core: Core, flush: () => Promise<void>) => Promise<void>): Promise<readonly Series[]> {
  await using system = await startSystem({ engine: 'embedded', parts: [] });
  const series = new Map<string, { -readonly [Key in keyof Series]: Series[Key] }>();
  let minute = 0;
  const embedded = createEmbeddedMetrics({
    part: 'lambda',
    namespace: metricsNamespace(environment),
    write(text) {
      for (const { metric, ...one } of measurementsIn(text)) {
        const key = JSON.stringify([metric, one.dimensions]);
        const known = series.get(key) ?? { namespace: one.namespace, metric, dimensions: one.dimensions, minutes: [] };
        const minutes = Array.from({ length: minute + 1 }, (_, at) => (at === minute ? one.value : known.minutes[at]));
        series.set(key, { ...known, minutes });
      }
    },
    now: Date.now,
  });
  const telemetry = createTelemetry({ meter: metrics.getMeter('none'), embedded });
  await run({ ...system.core, telemetry }, async () => {
    await embedded.flush();
    minute += 1;
  });
  return [...series.values()];
}

const directive = z.object({
  Namespace: z.string(),
  Dimensions: z.tuple([z.array(z.string())]),
  Metrics: z.array(z.object({ Name: z.string() })),
});
const line = z.looseObject({ _aws: z.object({ CloudWatchMetrics: z.array(directive) }) });
const value = z.union([z.number(), z.array(z.number()).transform((values) => Math.max(...values))]);

/** The values that CloudWatch reads from a line. */
function measurementsIn(text: string) {
  const parsed = line.parse(JSON.parse(text));
  return parsed._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions: [names], Metrics }) =>
    Metrics.map(({ Name }) => ({
      namespace: Namespace,
      metric: Name,
      dimensions: Object.fromEntries(names.map((name) => [name, String(parsed[name])])),
      value: value.parse(parsed[Name]),
    })),
  );
}

function givenUp(): Promise<readonly Series[]> {
  return written(async (core, flush) => {
    const error = { code: 'ATTEMPT_FAILED', message: 'no', attempt: 9, at: Date.now() };
    const job = makeJob({ attempts: 9, failures: 9, maxFailures: 9, error });
    await core.table.create(job);
    const body = encodeMessage({ jobId: job.jobId, generation: 1, version: 1, traceId: job.traceId });
    const attributes = { ApproximateReceiveCount: '4', SentTimestamp: '0', SenderId: '', ApproximateFirstReceiveTimestamp: '0' };
    const place = { md5OfBody: '', eventSource: 'aws:sqs', eventSourceARN: '', awsRegion: '' };
    await createDlqHandler(core)({ Records: [{ messageId: '1', receiptHandle: '', body, attributes, messageAttributes: {}, ...place }] });
    await flush();
  });
}

/** The sweeper's first runs with these jobs, each run a minute. */
function swept(jobs: readonly Partial<Job>[], changes: Partial<Core['queues']>, ageMs = 3 * hourMs): Promise<readonly Series[]> {
  return written(async (core, flush) => {
    const at = Date.now() - ageMs;
    for (const [index, job] of jobs.entries()) {
      await core.table.create(makeJob({ jobId: ulid(at + index), createdAt: at, updatedAt: at, ...job }));
    }
    const run = createSweeper({ ...core, queues: { ...core.queues, ...changes } });
    // The first run after an outage, or ever, looks at no job.
    await run();
    for (let number = 0; number < 4; number += 1) {
      await run();
      await flush();
    }
  });
}

function waitingJobs(priority: 'high' | 'normal' | 'low'): Promise<readonly Series[]> {
  return swept([{ priority: ({ high: 'HIGH', normal: 'NORMAL', low: 'LOW' } as const)[priority] }], {});
}

function purgedQueue(): Promise<readonly Series[]> {
  return swept(times(11, {}), {});
}

function refusedSends(): Promise<readonly Series[]> {
  return swept([{}], { send: () => Promise.reject(new JobError('QUEUE_UNAVAILABLE')) });
}

async function longJobs(): Promise<readonly Series[]> {
  const later = Date.now() + hourMs;
  const ours = await swept(
    [
      { priority: 'HIGH', status: 'PROCESSING', attempts: 1, claim: { id: 'alive', expiresAt: later } },
      { priority: 'HIGH', dueAt: later, failures: 1 },
    ],
    {},
  );
  // To SQS, messages in flight are messages that grow old.
  return [...ours, ofQueue('high')('ApproximateAgeOfOldestMessage', ...times(10, 3 * 3600))];
}
