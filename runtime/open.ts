/** Wires the core from its settings: clients, table, queues, feed. The caller that opens it closes it. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { monotonicFactory } from 'ulid';
import type { Clock } from '../core/clock.ts';
import type { Feed } from '../core/feed/feed.ts';
import { observedFeed } from '../core/feed/observedFeed.ts';
import { openRedisFeed } from '../core/feed/redis/redisFeed.ts';
import type { JobTypes } from '../core/jobType.ts';
import { createQueues } from '../core/queue/sqs/queues.ts';
import { openTableStream, type TableStream } from '../core/table/dynamodb/stream.ts';
import { createTable } from '../core/table/dynamodb/table.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Log } from '../telemetry/log.ts';
import { randomFraction } from '../telemetry/randomBytes.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { ConfigError, type Config } from './config.ts';
import { checkTimeoutMs, inTime } from './inTime.ts';
import { reasonOf } from './reason.ts';
import type { Secrets } from './secrets.ts';

export interface OpenedCore {
  readonly core: Core;
  /** The parts that do not answer, and why; empty when table and queues do. */
  notReady(): Promise<readonly { readonly part: 'table' | 'queues'; readonly reason: string }[]>;
  /** The table's stream, if it has one. @throws when the table does not answer. */
  openStream(): Promise<TableStream | undefined>;
  close(): Promise<void>;
}

export interface OpenCoreDeps {
  readonly config: Config;
  /** The job types that can be handed in. */
  readonly jobTypes: JobTypes;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: none. */
  readonly telemetry?: Telemetry;
  /** Instead of Redis: the in-process feed of the embedded mode. */
  readonly feed?: Feed | undefined;
  /** Present where the password of Redis is kept apart from its URL. */
  readonly secrets?: Pick<Secrets, 'redisPassword'>;
}

/**
 * Nothing is contacted yet: a part that is away shows in `notReady` and in the calls' own errors.
 * @throws {ConfigError} without a feed and without REDIS_URL, and for engines that only one process can use.
 */
export function openCore({ config, jobTypes, clock, log, telemetry = noTelemetry, feed, secrets }: OpenCoreDeps): OpenedCore {
  if (config.asksForOneProcess) throw new ConfigError('TABLE, OBJECTS: sqlite and folder work only in `npm start`, which is one process');
  const tableOptions = clientOptions(config, config.endpoints.dynamodb, { requestTimeoutMs: 5000 });
  const dynamodb = new DynamoDBClient(tableOptions);
  // A receive waits up to 20 s for a message.
  const sqs = new SQSClient(clientOptions(config, config.endpoints.sqs, { requestTimeoutMs: 25_000 }));
  const closing = new AbortController();
  let streams: DynamoDBStreamsClient | undefined;
  const password = secrets?.redisPassword;
  const opened = feed ?? openRedisFeed({ redisUrl: requiredRedisUrl(config), password, isCluster: config.redisIsCluster, log });

  const core: Core = {
    jobTypes,
    table: createTable({ dynamodb, tableName: config.jobsTable, jobTtlDays: config.jobTtlDays, clock }),
    queues: createQueues({ sqs, queuePrefix: config.queuePrefix, traceHeader: telemetry.traceHeader, signal: closing.signal }),
    feed: observedFeed(opened, telemetry),
    clock,
    log,
    telemetry,
    newJobId: monotonicFactory(randomFraction),
    settings: config,
  };

  return {
    core,
    async notReady() {
      const [table, queues] = await Promise.allSettled([
        inTime(core.table.check(), checkTimeoutMs),
        inTime(core.queues.check(), checkTimeoutMs),
      ]);
      return [
        ...(table.status === 'rejected' ? [{ part: 'table' as const, reason: reasonOf(table.reason) }] : []),
        ...(queues.status === 'rejected' ? [{ part: 'queues' as const, reason: reasonOf(queues.reason) }] : []),
      ];
    },
    async openStream() {
      streams ??= new DynamoDBStreamsClient(tableOptions);
      return openTableStream({ dynamodb, streams, tableName: config.jobsTable });
    },
    async close() {
      closing.abort();
      if (feed === undefined) await opened.close();
      streams?.destroy();
      dynamodb.destroy();
      sqs.destroy();
    },
  };
}

/** Options of an AWS client. Our own endpoints accept any credentials, so that a laptop needs none. */
export function clientOptions(
  { region }: Pick<Config, 'region'>,
  endpoint: string | undefined,
  { requestTimeoutMs }: { readonly requestTimeoutMs: number },
) {
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: 2000,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets: 256 },
    httpsAgent: { keepAlive: true, maxSockets: 256 },
  });
  const options = { region, requestHandler, maxAttempts: 4 };
  return endpoint === undefined ? options : { ...options, endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}

function requiredRedisUrl({ redisUrl }: Config): string {
  if (redisUrl === undefined) throw new ConfigError('REDIS_URL: needed where server and worker are separate processes');
  return redisUrl;
}
