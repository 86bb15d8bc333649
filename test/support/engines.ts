/** The engines on which a suite runs in turn: only this file knows how they differ. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Clock } from '../../core/clock.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { jobTypesOf } from '../../core/jobList.ts';
import type { ObjectStore } from '../../core/objects.ts';
import type { Core } from '../../core/usecases/core.ts';
import { makeBucketFolders } from '../../infra/local/bucketFolders.ts';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { provision } from '../../infra/local/provision.ts';
import { createFolderObjectStore } from '../../jobs/files/folder/objectStore.ts';
import { createObjectStore } from '../../jobs/files/s3/objectStore.ts';
import { locate } from '../../jobs/files/s3Uri.ts';
import jobs from '../../jobs/index.ts';
import { parseConfig, type Config, type Environment } from '../../runtime/config.ts';
import { openCore, type OpenedCore } from '../../runtime/open.ts';
import { openEmbedded } from '../../runtime/openEmbedded.ts';
import type { Log } from '../../telemetry/log.ts';

/** Emulators of DynamoDB, SQS and S3; or SQLite, memory and a folder, as `npm start` has them. */
export const engines = ['emulators', 'embedded'] as const;
export type Engine = (typeof engines)[number];

export interface EngineOptions {
  /** Settings by their names in the environment, beside those that name the engine. */
  readonly environment: Environment;
  /** Instead of dynalite. */
  readonly dynamodbUrl?: string | undefined;
  readonly clock: Clock;
  readonly logOf: (config: Config) => Log;
  /** Takes ownership of resources to be closed. */
  readonly opening: AsyncDisposableStack;
}

export interface OpenedEngine extends Pick<OpenedCore, 'openStream' | 'notReady'> {
  readonly config: Config;
  readonly core: Core;
  readonly objects: ObjectStore;
  /** Removes an object, as somebody else might. */
  removeObject(uri: string): Promise<void>;
  readonly log: Log;
}

export function openEngine(engine: Engine, options: EngineOptions): Promise<OpenedEngine> {
  return engine === 'emulators' ? openOnEmulators(options) : openOnOwn(options);
}

async function openOnEmulators({ environment, dynamodbUrl, clock, logOf, opening }: EngineOptions): Promise<OpenedEngine> {
  const aws = opening.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const suffix = randomUUID().slice(0, 8);
  const config = parseConfig({
    JOBS_TABLE: `Jobs-${suffix}`,
    QUEUE_PREFIX: `jobs-${suffix}`,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl ?? aws.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    ...environment,
  });
  const clients = opening.use(createClients(config));
  await provision(clients, config);
  const log = logOf(config);
  const feed = config.redisUrl === undefined ? createMemoryFeed() : undefined;
  const opened = opening.adopt(openCore({ config, jobTypes: jobTypesOf(jobs), log, clock, feed }), ({ close }) => close());
  const objects = createObjectStore({ s3: clients.s3, buckets: config.s3Buckets, maxSourceBytes: config.maxSourceBytes });
  const removeObject = async (uri: string): Promise<void> =>
    void (await clients.s3.send(new DeleteObjectCommand(locate(uri, config.s3Buckets))));
  return { ...opened, config, objects, removeObject, log };
}

async function openOnOwn({ environment, clock, logOf, opening }: EngineOptions): Promise<OpenedEngine> {
  const config = parseConfig({ DATA_DIR: '', ...environment });
  const log = logOf(config);
  const opened = opening.adopt(await openEmbedded({ config, jobTypes: jobTypesOf(jobs), log, clock }), ({ close }) => close());
  const root = opening.adopt(await mkdtemp(join(tmpdir(), 'job-tickets-objects-')), (path) => rm(path, { recursive: true }));
  const { s3Buckets: buckets, maxSourceBytes } = config;
  await makeBucketFolders(root, buckets);
  const objects = createFolderObjectStore({ root, buckets, maxSourceBytes });
  const removeObject = (uri: string): Promise<void> => rm(join(root, uri.replace('s3://', '')));
  return { ...opened, config, objects, removeObject, log, openStream: () => Promise.resolve(undefined) };
}
