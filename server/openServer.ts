/** Opens the API on a port: HTTP, SSE and WebSocket at /graphql, GraphiQL, health. */
import { createServer, type Server } from 'node:http';
import type { Config } from '../core/config.ts';
import type { Log } from '../core/log.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Watches } from '../core/usecases/watchJob.ts';
import { createAuthenticate } from './auth.ts';
import { createPipeline, graphqlPath } from './graphql.ts';
import { renderGraphiQLPage } from './graphiql.ts';
import { createHealth, type UnreadyPart } from './health.ts';
import { createRequestListener } from './http.ts';
import { createOriginCheck } from './origins.ts';
import { drain } from './shutdown.ts';
import { attachSockets } from './sockets.ts';
import { createWebSocketProtocol } from './websocket.ts';

export interface OpenServerDeps {
  readonly core: Core;
  /** Ended by `close`, since whoever watches is connected here. */
  readonly watches: Watches;
  readonly log: Log;
  /** What does not answer and why; empty when all do. */
  readonly notReady: () => Promise<readonly UnreadyPart[]>;
  readonly config: Pick<Config, 'host' | 'port' | 'isProduction' | 'auth' | 'corsOrigins' | 'shutdownGraceSeconds'>;
}

export interface OpenedServer {
  /** With the port that was really taken, without a path. */
  readonly url: string;
  /** Sockets are closed with 1001, requests get their answers, within SHUTDOWN_GRACE_SECONDS. */
  close(): Promise<void>;
}

/** @throws {ConfigError} from `createAuthenticate`; Node's own error where the port cannot be had. */
export async function openServer({ core, watches, log, notReady, config }: OpenServerDeps): Promise<OpenedServer> {
  const authenticate = createAuthenticate(config);
  const allowsOrigin = createOriginCheck(config.corsOrigins);
  const pipeline = createPipeline({ core, watches, log, ...config });
  const health = createHealth({ notReady });
  const graphiql = config.isProduction ? undefined : renderGraphiQLPage();

  const server = createServer(limits);
  const answer = createRequestListener({ pipeline, authenticate, health, allowsOrigin, graphiql, log });
  server.on('request', (request, response) => void answer(request, response));
  const protocol = createWebSocketProtocol({ pipeline, authenticate, log, hidesSchema: config.isProduction });
  const sockets = attachSockets({ server, protocol, allowsOrigin, log });
  await listen(server, config);

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    health.drain();
    const graceMs = config.shutdownGraceSeconds * 1000;
    const drained = drain(server, graceMs);
    // First the sockets, so that their clients read 1001 and connect elsewhere; then SSE and `waitForJob`, which end with SHUTTING_DOWN.
    const socketsClosed = sockets.close(Math.min(graceMs, 2000));
    await watches.close();
    await Promise.all([drained, socketsClosed]);
  }

  return { url: urlOf(server, config.host), close: () => (closing ??= close()) };
}

/** Against clients that send slowly or never end. The keep-alive is longer than that of the usual load balancers (60 s). */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
};

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
