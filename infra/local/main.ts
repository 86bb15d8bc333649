/** `npm run local`: only the embedded AWS, provisioned. It prints its endpoints as settings for the other programs. */
import { parseArgs } from 'node:util';
import { ConfigError, readConfig, readEnvironment } from '../../runtime/config.ts';
import { onOrphaned } from '../../runtime/orphaned.ts';
import { createLog } from '../../telemetry/log.ts';
import { createClients } from './clients.ts';
import { EmbeddedAwsError, openEmbeddedAws } from './embeddedAws.ts';
import { provision } from './provision.ts';

/** Exit codes of sysexits.h: a setting that is not valid, and a service that cannot be reached. */
const exitCodes = { config: 78, unavailable: 69 };

try {
  const { values: flags } = parseArgs({
    options: { 'dynamodb-port': { type: 'string', default: '0' }, 'sqs-port': { type: 'string', default: '0' } },
  });
  await run({ dynamodb: Number(flags['dynamodb-port']), sqsAndS3: Number(flags['sqs-port']) });
} catch (error) {
  if (!(error instanceof ConfigError) && !(error instanceof EmbeddedAwsError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof ConfigError ? exitCodes.config : exitCodes.unavailable;
}

async function run(ports: { readonly dynamodb: number; readonly sqsAndS3: number }): Promise<void> {
  const config = readConfig();
  const log = createLog({ level: config.logLevel, part: 'local' }, process.stderr);
  const ended = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, ended.resolve);
  onOrphaned(readEnvironment(), ended.resolve);

  const aws = await openEmbeddedAws({ dataDir: config.dataDir, ports, onFailure: ended.reject });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => aws.close());
  using clients = createClients({ region: config.region, endpoints: aws.endpoints });
  await provision(clients, config, log);

  console.log(`AWS_ENDPOINT_URL_DYNAMODB=${aws.endpoints.dynamodb}`);
  console.log(`AWS_ENDPOINT_URL_SQS=${aws.endpoints.sqs}`);
  console.log(`AWS_ENDPOINT_URL_S3=${aws.endpoints.s3}`);
  await ended.promise;
}
