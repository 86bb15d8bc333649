/** Two servers of one schema that speak graphql-transport-ws: ours, and the one of the package graphql-ws. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { monotonic } from '../../core/clock.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { createWorkerView } from '../../core/usecases/workers.ts';
import { schema, type ApiContext } from '../../schema/index.ts';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { portOf } from '../support/portOf.ts';
import { silentLog } from '../support/silentLog.ts';

export interface Servers extends AsyncDisposable {
  readonly api: ApiSystem;
  readonly urls: Readonly<Record<'ours' | 'graphql-ws', string>>;
}

/** A `connection_init` is waited for 1 s. */
export async function openServers(): Promise<Servers> {
  await using opening = new AsyncDisposableStack();
  const api = opening.use(await openApiSystem({ works: false, environment: { SOCKET_INIT_SECONDS: '1', SOCKET_DRAIN_SECONDS: '0' } }));
  const watches = opening.adopt(createWatches(api.core), ({ close }) => close());
  const context = (): ApiContext => ({
    core: api.core,
    watches,
    workers: createWorkerView(api.core, monotonic),
    owner: 'anonymous',
    isAdmin: false,
    mayOperate: false,
    spend: () => Promise.resolve(),
    answer: { add: () => undefined },
    traceId: 'reference',
    log: silentLog,
    signal: new AbortController().signal,
  });
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  opening.adopt(useServer({ schema, context, connectionInitWaitTimeout: 1000 }, sockets), ({ dispose }) => dispose());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opening.defer(() => void server.close());
  const opened = opening.move();
  const urls = { ours: api.url, 'graphql-ws': `http://127.0.0.1:${portOf(server)}` };
  return { api, urls, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
