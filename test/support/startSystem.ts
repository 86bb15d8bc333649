/** The whole system in this process, on emulators or on the engine of its own: what a test needs of it, and no more. */
import { randomUUID } from 'node:crypto';
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
import { openCore, type OpenedCore } from '../../runtime/open.ts';
import { openEmbedded } from '../../runtime/openEmbedded.ts';
import { openServer } from '../../server/openServer.ts';
import type { Log } from '../../telemetry/log.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { noObjects } from './noObjects.ts';
import { silentLog } from './silentLog.ts';

/** Of table and queues: emulators of DynamoDB and SQS, or SQLite and memory, as `npm start` has them. */
export const engines = ['emulators', 'embedded'] as const;
export type Engine = (typeof engines)[number];

export interface SystemOptions {
  /** Default: emulators. */
  readonly engine?: Engine;
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
  /** Another worker on the same table and queues; stopped with the system. */
  startWorker(changes?: { readonly handlers?: readonly JobHandler[] }): Worker;
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
  engine = 'emulators',
  env = {},
  parts = ['server', 'worker', 'lambdas'],
  dynamodbUrl,
  redisUrl,
  clock = systemClock,
  log = silentLog,
  handlers = [],
}: SystemOptions = {}): Promise<System> {
  await using opening = new AsyncDisposableStack();
  const settings = { ...shortWaits, REDIS_URL: redisUrl, ...env };
  const open = { settings, dynamodbUrl, clock, log, opening };
  const { config, core, notReady, openStream, objects } = engine === 'emulators' ? await openOnEmulators(open) : await openInMemory(open);
  const bundled = await loadHandlers(jobs);

  const workers = opening.use(new AsyncDisposableStack());
  const startWorker: System['startWorker'] = ({ handlers: own = [] } = {}) => {
    const worker = workers.adopt(
      createWorker({
        core,
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
    if (engine === 'emulators') opening.adopt(startRelay({ core, openStream }), ({ stop }) => stop());
  }
  if (parts.includes('worker')) startWorker();

  const watches = opening.adopt(createWatches(core, { pollMs: 200 }), ({ close }) => close());
  let url = '';
  if (parts.includes('server')) {
    const server = opening.adopt(await openServer({ core, watches, log, notReady, config }), ({ close }) => close());
    url = server.url;
  }
  const resources = opening.move();
  return { config, core, openStream, watches, url, startWorker, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

interface Opening {
  readonly settings: Environment;
  readonly dynamodbUrl: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly opening: AsyncDisposableStack;
}

async function openOnEmulators({ settings, dynamodbUrl, clock, log, opening }: Opening) {
  const aws = opening.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const suffix = randomUUID().slice(0, 8);
  const config = parseConfig({
    JOBS_TABLE: `Jobs-${suffix}`,
    QUEUE_PREFIX: `jobs-${suffix}`,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl ?? aws.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    ...settings,
  });
  const clients = opening.use(createClients(config));
  await provision(clients, config);
  const feed: Feed | undefined = config.redisUrl === undefined ? createMemoryFeed() : undefined;
  const opened = opening.adopt(openCore({ config, jobTypes: jobTypesOf(jobs), log, clock, feed }), ({ close }) => close());
  const objects = createObjectStore({ s3: clients.s3, buckets: config.s3Buckets, maxSourceBytes: config.maxSourceBytes });
  return { ...opened, config, objects };
}

async function openInMemory({ settings, clock, log, opening }: Opening) {
  const config = parseConfig(settings);
  const opened = opening.adopt(await openEmbedded({ config, jobTypes: jobTypesOf(jobs), log, clock }), ({ close }) => close());
  return { ...opened, config, objects: noObjects, openStream: () => Promise.resolve(undefined) };
}

function withReplaced(bundled: Handlers, own: readonly JobHandler[]): Handlers {
  return new Map([...bundled, ...own.map((handler) => [handler.type.name, handler] as const)]);
}
