/** Table on Amazon's own DynamoDB Local and queues on the embedded SQS, behind clients that count what they cost. */
import { monotonicFactory } from 'ulid';
import { systemClock } from '../../core/clock.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { createQueues } from '../../core/queue/sqs/queues.ts';
import { createTable } from '../../core/table/dynamodb/table.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createClients } from '../../infra/local/clients.ts';
import { provision } from '../../infra/local/provision.ts';
import { parseConfig, type Config } from '../../runtime/config.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { startDynamoDbLocal } from '../../test/support/dynamoDbLocal.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { benchTypes } from './benchJob.ts';
import { openCountedClients, type Spent } from './countedClients.ts';
import { openStage } from './stage.ts';

export interface CountedStage extends AsyncDisposable {
  readonly config: Config;
  readonly core: Core;
  readonly spent: Spent;
  /** Resets the counts. */
  reset(): void;
}

export async function openCountedStage(env: Readonly<Record<string, string>>): Promise<CountedStage> {
  await using opening = new AsyncDisposableStack();
  const stage = opening.use(await openStage());
  const dynamoDbLocal = opening.adopt(await startDynamoDbLocal(), ({ stop }) => stop());
  const config = parseConfig({ ...stage.env, AWS_ENDPOINT_URL_DYNAMODB: dynamoDbLocal.url, QUEUE_PREFIX: 'budget', ...env });
  await provision(opening.use(createClients(config)), config);

  const { dynamodb, sqs, spent } = openCountedClients(config);
  opening.defer(() => {
    sqs.destroy();
    dynamodb.destroy();
  });
  const core: Core = {
    jobTypes: benchTypes,
    table: createTable({ dynamodb, tableName: config.jobsTable, jobTtlDays: config.jobTtlDays }),
    queues: createQueues({ sqs, queuePrefix: config.queuePrefix }),
    feed: createMemoryFeed(),
    clock: systemClock,
    log: silentLog,
    telemetry: noTelemetry,
    newJobId: monotonicFactory(),
    settings: config,
  };
  const reset = (): void => {
    for (const totals of [spent.writeUnits, spent.writes, spent.readUnits, spent.reads, spent.sqsRequests]) totals.clear();
  };
  // Requests that a process makes once, and not for each job.
  await core.queues.check();
  await core.table.time();
  reset();
  const resources = opening.move();
  return { config, core, spent, reset, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
