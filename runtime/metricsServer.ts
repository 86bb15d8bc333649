/** A small HTTP server for processes that have none: `/metrics` for Prometheus, `/healthz` for Kubernetes, `?verbose` for people. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Log } from '../telemetry/log.ts';
import type { Config } from './config.ts';

export interface MetricsServerDeps {
  readonly config: Pick<Config, 'host' | 'metricsPort'>;
  readonly scrape: () => Promise<string>;
  readonly log: Log;
  /** The answer of `/healthz?verbose` for this process. */
  readonly details?: () => Promise<object>;
}

/** Does nothing where METRICS_PORT is unset. Returns the function that closes it. */
export async function openMetricsServer({
  config: { host, metricsPort },
  scrape,
  log,
  details = () => Promise.resolve({}),
}: MetricsServerDeps): Promise<() => Promise<void>> {
  if (metricsPort === undefined) return () => Promise.resolve();
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return response.end('{"status":"alive"}');
    if (request.url === '/healthz?verbose') {
      return void details().then(
        (told) => response.end(JSON.stringify({ status: 'alive', ...told })),
        (error: unknown) => response.end(JSON.stringify({ status: 'alive', error: String(error) })),
      );
    }
    if (request.url !== '/metrics') return response.writeHead(404).end();
    if (request.method !== 'GET') return response.writeHead(405, { allow: 'GET' }).end();
    return void scrape().then(
      (text) => response.setHeader('content-type', prometheusContentType).end(text),
      (error: unknown) => {
        log.error({ error }, 'metrics could not be collected');
        response.writeHead(500).end();
      },
    );
  });
  server.listen(metricsPort, host);
  await once(server, 'listening');
  log.info({ address: server.address() }, 'metrics are served');
  return async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close').catch(() => undefined);
  };
}

/** Prometheus' text exposition format. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';
