/** The whole system in this process, on emulators: what a test needs of it, and no more. */
import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { systemClock, type Clock } from '../../core/clock.ts';
import type { Feed } from '../../core/feed/feed.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import type { JobHandler } from '../../core/handler.ts';
import { jobTypesOf, loadHandlers, type Handlers } from '../../core/jobList.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWatches, type Watches } from '../../core/usecases/watchJob.ts';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { provision } from '../../infra/local/provision.ts';
import { createObjectStore } from '../../jobs/files/s3/objectStore.ts';
import jobs from '../../jobs/index.ts';
import { startLambdas } from '../../lambda/lambdas.ts';
import { startRelay } from '../../lambda/relay.ts';
import { parseConfig, type Config, type Environment } from '../../runtime/config.ts';
import { clientOptions, openCore, type OpenedCore } from '../../runtime/open.ts';
import { openServer } from '../../server/openServer.ts';
import type { Log } from '../../telemetry/log.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { silentLog } from './silentLog.ts';

export interface SystemOptions {
  /** Settings by their names in the environment; short waits are the default here. */
  readonly env?: Environment;
  /** Default: `server`, `worker` and `lambdas`. */
  readonly parts?: readonly ('server' | 'worker' | 'lambdas')[];
  /** Instead of dynalite. */
  readonly dynamodbUrl?: string;
  /** Instead of the feed in this process. */
  readonly redisUrl?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  /** In place of the project's own, by their types. */
  readonly handlers?: readonly JobHandler[];
}

export interface System extends AsyncDisposable {
  readonly config: Config;
  readonly core: Core;
  readonly openStream: OpenedCore['openStream'];
  readonly watches: Watches;
  /** Of the server, without a path; empty where none was asked for. */
  readonly url: string;
  readonly s3: S3Client;
  /** Another worker on the same table and queues; stopped with the system. */
  startWorker(changes?: { readonly handlers?: readonly JobHandler[]; readonly clock?: Clock }): Worker;
}

const shortWaits: Environment = {
  NODE_ENV: 'test',
  PORT: '0',
  DATA_DIR: '',
  RECEIVE_WAIT_SECONDS: '1',
  BACKOFF_BASE_MS: '10',
  BACKOFF_MAX_MS: '50',
  VISIBILITY_TIMEOUT_SECONDS: '2',
  SHUTDOWN_GRACE_SECONDS: '5',
  SWEEP_INTERVAL_SECONDS: '1',
};

export async function startSystem({
  env = {},
  parts = ['server', 'worker', 'lambdas'],
  dynamodbUrl,
  redisUrl,
  clock = systemClock,
  log = silentLog,
  handlers = [],
}: SystemOptions = {}): Promise<System> {
  await using opening = new AsyncDisposableStack();
  const aws = opening.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const suffix = randomUUID().slice(0, 8);
  const config = parseConfig({
    ...shortWaits,
    JOBS_TABLE: `Jobs-${suffix}`,
    QUEUE_PREFIX: `jobs-${suffix}`,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl ?? aws.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    REDIS_URL: redisUrl,
    ...env,
  });
  await provision(opening.use(createClients(config)), config);
  const feed: Feed | undefined = config.redisUrl === undefined ? createMemoryFeed() : undefined;
  const { core, notReady, openStream } = opening.adopt(openCore({ config, jobTypes: jobTypesOf(jobs), log, clock, feed }), ({ close }) =>
    close(),
  );
  const s3 = opening.adopt(
    new S3Client({ ...clientOptions(config, config.endpoints.s3, { requestTimeoutMs: 30_000 }), forcePathStyle: true }),
    (client) => client.destroy(),
  );
  const objects = createObjectStore({ s3, buckets: config.s3Buckets, maxSourceBytes: config.maxSourceBytes });
  const bundled = await loadHandlers(jobs);

  const workers = opening.use(new AsyncDisposableStack());
  const startWorker: System['startWorker'] = ({ handlers: own = [], clock: ownClock = clock } = {}) => {
    const worker = workers.adopt(
      createWorker({
        core: { ...core, clock: ownClock },
        handlers: withReplaced(bundled, [...handlers, ...own]),
        objects,
        settings: config,
      }),
      ({ stop }) => stop(),
    );
    worker.start();
    return worker;
  };
  if (parts.includes('lambdas')) {
    opening.adopt(startLambdas({ core, config }), ({ stop }) => stop());
    opening.adopt(startRelay({ core, openStream }), ({ stop }) => stop());
  }
  if (parts.includes('worker')) startWorker();

  const watches = opening.adopt(createWatches(core, { pollMs: 200 }), ({ close }) => close());
  let url = '';
  if (parts.includes('server')) {
    const server = opening.adopt(await openServer({ core, watches, log, notReady, config }), ({ close }) => close());
    url = server.url;
  }
  const resources = opening.move();
  return { config, core, openStream, watches, url, s3, startWorker, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function withReplaced(bundled: Handlers, own: readonly JobHandler[]): Handlers {
  return new Map([...bundled, ...own.map((handler) => [handler.type.name, handler] as const)]);
}
