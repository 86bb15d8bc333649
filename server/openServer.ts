/** Opens the API on a port: HTTP, SSE and WebSocket at /graphql, GraphiQL, the dashboard at /, health. */
import { createServer, type Server } from 'node:http';
import type { ObjectEngine } from '../core/objects.ts';
import type { Core } from '../core/usecases/core.ts';
import { findOutput } from '../core/usecases/jobOutputs.ts';
import { sweeperHealth } from '../core/usecases/sweeperHealth.ts';
import type { Watches } from '../core/usecases/watchJob.ts';
import type { Config } from '../runtime/config.ts';
import { openRateLimiter } from '../runtime/openRateLimiter.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Log } from '../telemetry/log.ts';
import { createAuthenticate, isKeyed } from './auth.ts';
import { createAnswerSizes } from './execution/answerSizes.ts';
import { createFanOut } from './execution/fanOut.ts';
import { createOperations } from './execution/operations.ts';
import { graphqlPath } from './graphqlPath.ts';
import { measureDependencies } from './dependencies.ts';
import { createHealth, type UnreadyPart } from './health.ts';
import { createHostCheck } from './hosts.ts';
import { answerClientErrors } from './http/clientErrors.ts';
import { createDownloads } from './http/downloads.ts';
import { createGraphQLOverHttp } from './http/graphqlOverHttp.ts';
import { createRequestListener } from './http/requestListener.ts';
import { createOriginCheck } from './origins.ts';
import { createDashboard } from './pages/dashboard.ts';
import { createGraphiQL } from './pages/graphiql.ts';
import { createQueueDepths } from './queueDepths.ts';
import { createDrain } from './shutdown.ts';
import { createTurnEnd } from './turnEnd.ts';
import { createWatchTokens } from './watchTokens.ts';
import { createConnections } from './websocket/connections.ts';
import { attachSockets, isWebSocketRequest } from './websocket/sockets.ts';
import { createWebSocketApi } from './websocket/websocket.ts';

export interface OpenServerDeps {
  readonly core: Core;
  /** Ended by `close`, since watchers are connected here. */
  readonly watches: Watches;
  readonly log: Log;
  /** The store of the files that jobs write, for downloads. Absent: no downloads. */
  readonly objects?: Pick<ObjectEngine, 'read'> | undefined;
  /** The parts that do not answer, and why; empty when all do. */
  readonly notReady: () => Promise<readonly UnreadyPart[]>;
  /** All metrics, in Prometheus' text format. */
  readonly scrape?: () => Promise<string>;
  /** Further details for `/healthz?verbose`. */
  readonly details?: () => Readonly<Record<string, unknown>>;
  readonly config: ServerConfig;
  /** Default: the limits of the settings. */
  readonly secrets?: Secrets;
  /** Fires when the caller of `close` waits no longer: the grace time ends then. */
  readonly hurry?: AbortSignal;
}

type ServerConfig = Pick<
  Config,
  | 'host'
  | 'port'
  | 'isProduction'
  | 'hidesSchema'
  | 'auth'
  | 'corsOrigins'
  | 'allowedHosts'
  | 'limits'
  | 'redisUrl'
  | 'redisIsCluster'
  | 'shutdownGraceSeconds'
  | 'traceUrlTemplate'
>;

export interface OpenedServer {
  /** With the port that is actually used, without a path. */
  readonly url: string;
  /** Sockets are closed with 1001, requests get their answers, within SHUTDOWN_GRACE_SECONDS. */
  close(): Promise<void>;
}

/** @throws {ConfigError} from `createAuthenticate`; Node's own error where the port cannot be used. */
export async function openServer({
  core,
  watches,
  log,
  objects,
  notReady,
  scrape = () => Promise.resolve(''),
  details = () => ({}),
  config,
  secrets,
  hurry = neverHurries,
}: OpenServerDeps): Promise<OpenedServer> {
  const { limits, isProduction, hidesSchema } = config;
  const watchTokens = createWatchTokens(config.auth, secrets?.jwtSecret);
  const authenticate = createAuthenticate(config, secrets?.jwtSecret, watchTokens?.identityOf);
  const wantsToken = isKeyed(config.auth);
  const isOpen = !isProduction && !wantsToken;
  const allowsHost = createHostCheck({ ...config, isOpen });
  const allowsOrigin = createOriginCheck(config.corsOrigins);
  const connections = createConnections({ maxPerOwner: limits.connectionsPerOwner });
  const limiter = await openRateLimiter({ config, clock: core.clock, log, secrets });
  const answers = createAnswerSizes({ maxBytes: limits.responseBytes, maxBytesPerOwner: limits.responseBytesPerOwner });
  const operations = createOperations({ core, watches, log, limiter, hidesSchema, answers, limits, signWatchToken: watchTokens?.sign });
  const fanOut = createFanOut({ mask: operations.mask, maxKeptBytesPerOwner: limits.watchBytesPerOwner || Infinity });
  const health = createHealth({
    notReady,
    details: async () => ({ feed: core.feed.isConnected() ? 'answers' : 'away', ...(await sweeperHealth(core)), ...details() }),
  });
  const graphiql = hidesSchema ? undefined : createGraphiQL(core.jobTypes);
  const dashboard = createDashboard({
    wantsToken,
    hasGraphiQL: graphiql !== undefined,
    stuckAfterSeconds: core.settings.stuckAfterSeconds,
    traceUrlTemplate: config.traceUrlTemplate,
  });
  const stopMeasuring = measureDependencies(core);
  const queueDepths = createQueueDepths({ core, authenticate, isOpen });

  const downloads = createDownloads({
    objects,
    authenticate,
    limiter,
    connections,
    mask: operations.mask,
    findOutput: (wanted) => findOutput(core, wanted),
    corsOrigins: config.corsOrigins,
    idleMs: limits.requestTimeoutSeconds * 1000,
  });

  const server = createServer({ ...timeoutsOf(limits), shouldUpgradeCallback: isWebSocketRequest });
  answerClientErrors(server);
  const drain = createDrain(server);
  const shared = { authenticate, connections, allowsHost, allowsOrigin, telemetry: core.telemetry, log };
  const turnEnd = createTurnEnd(core.table);
  const graphql = { ...shared, operations, fanOut, answers, turnEnd };
  const answerGraphQL = createGraphQLOverHttp({ ...graphql, corsOrigins: config.corsOrigins, rate: limiter.rate, limits });
  const answer = createRequestListener({ ...shared, answerGraphQL, health, graphiql, dashboard, queueDepths, downloads, scrape });
  server.on('request', (request, response) => void answer(request, response));
  const sockets = attachSockets({ ...shared, server, answers, turnEnd, api: createWebSocketApi({ ...graphql, limits }), limits });
  await listen(server, config);

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    health.drain();
    sockets.letNoMoreIn();
    const graceMs = config.shutdownGraceSeconds * 1000;
    const drained = drain(graceMs, hurry);
    // First the watchers, a few at a time, because they reconnect elsewhere: sockets are closed with 1001, streams with
    // SHUTTING_DOWN. Then the rest.
    await connections.drain(Math.min(limits.socketDrainSeconds * 1000, graceMs / 2), hurry);
    const socketsClosed = sockets.close(Math.min(graceMs, 2000), hurry);
    await watches.close();
    await Promise.all([drained, socketsClosed]);
    await limiter.close();
    stopMeasuring();
  }

  return { url: urlOf(server, config.host), close: () => (closing ??= close()) };
}

const neverHurries = new AbortController().signal;

/** Longer than that of the usual load balancers (60 s), so that none sends a request on a connection that was just closed. */
export const keepAliveMs = 65_000;

/** Against clients that send slowly or never finish. */
function timeoutsOf({ headersTimeoutSeconds, requestTimeoutSeconds }: Config['limits']) {
  return {
    headersTimeout: headersTimeoutSeconds * 1000,
    requestTimeout: Math.max(requestTimeoutSeconds, headersTimeoutSeconds) * 1000,
    connectionsCheckingInterval: Math.min(2000, headersTimeoutSeconds * 500),
    keepAliveTimeout: keepAliveMs,
    maxHeaderSize: 16 * 1024,
  };
}

function listen(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`the server of ${graphqlPath} is not on a port`);
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
