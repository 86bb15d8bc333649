/** The whole system in this process, on emulators or on the engine of its own: what a test needs of it, and no more. */
import { systemClock, type Clock } from '../../core/clock.ts';
import type { JobHandler } from '../../core/handler.ts';
import { loadHandlers, type Handlers } from '../../core/jobList.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWatches, type Watches } from '../../core/usecases/watchJob.ts';
import jobs from '../../jobs/index.ts';
import { startLambdas } from '../../lambda/lambdas.ts';
import { startRelay } from '../../lambda/relay.ts';
import type { Config, Environment } from '../../runtime/config.ts';
import type { OpenedCore } from '../../runtime/open.ts';
import { openServer } from '../../server/openServer.ts';
import type { Log } from '../../telemetry/log.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { openEngine, type Engine } from './engines.ts';
import { silentLog } from './silentLog.ts';

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

export interface WorkerChanges {
  readonly handlers?: readonly JobHandler[];
  /** Types it has no handler for, as one of another version. */
  readonly lacks?: readonly string[];
  readonly log?: Log;
}

export interface System extends AsyncDisposable {
  readonly config: Config;
  readonly core: Core;
  readonly openStream: OpenedCore['openStream'];
  readonly watches: Watches;
  /** Of the server, without a path; empty where none was asked for. */
  readonly url: string;
  /** Another worker on the same table and queues; stopped with the system. */
  startWorker(changes?: WorkerChanges): Worker;
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
  const environment = { ...shortWaits, REDIS_URL: redisUrl, ...env };
  const opened = await openEngine(engine, { environment, dynamodbUrl, clock, logOf: () => log, opening });
  const { config, core, notReady, openStream, objects } = opened;
  const bundled = await loadHandlers(jobs);

  const workers = opening.use(new AsyncDisposableStack());
  const startWorker: System['startWorker'] = ({ handlers: own = [], lacks = [], log: workerLog = core.log } = {}) => {
    const worker = workers.adopt(
      createWorker({
        core: { ...core, log: workerLog },
        handlers: new Map([...withReplaced(bundled, [...handlers, ...own])].filter(([type]) => !lacks.includes(type))),
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
    const server = opening.adopt(await openServer({ core, watches, objects, log, notReady, config }), ({ close }) => close());
    url = server.url;
  }
  const resources = opening.move();
  return { config, core, openStream, watches, url, startWorker, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function withReplaced(bundled: Handlers, own: readonly JobHandler[]): Handlers {
  return new Map([...bundled, ...own.map((handler) => [handler.type.name, handler] as const)]);
}
