/** `npm run provision`: table, queues and buckets on the configured endpoints; waits for one that is not up yet. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, ConfigError, readConfig } from '../../runtime/config.ts';
import { createLog } from '../../telemetry/log.ts';
import { createClients } from './clients.ts';
import { provisionBuckets } from './provisionBuckets.ts';
import { provisionQueues } from './provisionQueues.ts';
import { provisionTable } from './provisionTable.ts';

/** EX_CONFIG of sysexits.h. */
const badConfig = 78;
const retryAfterMs = 2000;

/** The codes of Node and the SDK for a service that cannot be reached. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'TimeoutError',
]);

try {
  await run(readConfig());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof ConfigError ? badConfig : 1;
}

async function run(config: Config): Promise<void> {
  const log = createLog({ level: config.logLevel, part: 'provision' });
  using clients = createClients(config);
  const { endpoints } = config;
  await patiently('DynamoDB', endpoints.dynamodb, () => provisionTable(clients.dynamodb, config.jobsTable, log));
  await patiently('SQS', endpoints.sqs, () => provisionQueues(clients.sqs, config));
  await patiently('S3', endpoints.s3, () => provisionBuckets(clients.s3, config.s3Buckets));
  console.log(`table ${config.jobsTable}, queues ${config.queuePrefix}-*, buckets ${config.s3Buckets.join(', ')}: ready`);
}

async function patiently(service: string, endpoint: string | undefined, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const reason = unreachableReason(error);
      if (reason === undefined) throw error;
      console.error(`${service} at ${endpoint ?? 'AWS'} does not answer (${reason}): trying again in ${retryAfterMs / 1000} s`);
    }
    await delay(retryAfterMs);
  }
}

function unreachableReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return unreachable.has(code) ? code : undefined;
}
