/** The whole system for tests of the API: table, queues and objects on either engine, worker, server on a free port. */
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { loadHandlers } from '../../core/jobList.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import jobs from '../../jobs/index.ts';
import type { Config, Environment } from '../../runtime/config.ts';
import { openServer, type OpenServerDeps } from '../../server/openServer.ts';
import { createLog } from '../../telemetry/log.ts';
import { createWorker } from '../../worker/worker.ts';
import { openEngine, type Engine } from '../support/engines.ts';

const graphqlBody = z.looseObject({
  data: z.unknown().optional(),
  errors: z.array(z.looseObject({ message: z.string(), extensions: z.record(z.string(), z.unknown()).default({}) })).optional(),
});

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: z.infer<typeof graphqlBody>;
}

export interface ApiSystem extends AsyncDisposable {
  readonly url: string;
  readonly core: Core;
  /** Of the emulators. */
  readonly endpoints: Config['endpoints'];
  /** Lines of the log, as JSON. */
  readonly logged: readonly string[];
  request(query: string, variables?: object, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  createJob(params?: object): Promise<string>;
  /** A graphql-ws client; disposed of with the system. */
  client(options?: { readonly connectionParams?: Record<string, unknown> }): Client;
  closeServer(): Promise<void>;
  /** Removes an object, as somebody else might. */
  removeObject(uri: string): Promise<void>;
}

export interface ApiSystemOptions {
  /** Default: emulators. */
  readonly engine?: Engine;
  readonly environment?: Environment;
  /** Without a worker jobs stay PENDING. */
  readonly works?: boolean;
  /** Replaces parts that the server depends on. */
  readonly replace?: (deps: OpenServerDeps) => Partial<OpenServerDeps>;
}

export async function openApiSystem({
  engine = 'emulators',
  environment = {},
  works = true,
  replace,
}: ApiSystemOptions = {}): Promise<ApiSystem> {
  await using opening = new AsyncDisposableStack();
  const logged: string[] = [];
  const { config, core, objects, removeObject, notReady, log } = await openEngine(engine, {
    environment: { PORT: '0', LOG_LEVEL: 'warn', SHUTDOWN_GRACE_SECONDS: '5', ...environment },
    clock: systemClock,
    logOf: ({ logLevel }) => createLog({ level: logLevel, part: 'test' }, { write: (line) => logged.push(line) }),
    opening,
  });
  if (works) {
    opening.adopt(createWorker({ core, handlers: await loadHandlers(jobs), objects, settings: config }), ({ stop }) => stop()).start();
  }
  const deps = { core, watches: createWatches(core), objects, log, notReady, config };
  const server = opening.adopt(await openServer({ ...deps, ...replace?.(deps) }), ({ close }) => close());
  const opened = opening.move();

  async function request(query: string, variables?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: graphqlBody.parse(await response.json()) };
  }

  return {
    url: server.url,
    core,
    endpoints: config.endpoints,
    logged,
    request,
    async createJob(params = {}) {
      const { body } = await request(
        'mutation ($params: JSON) { createJob(input: { type: "simulate_work", params: $params }) { job { jobId } } }',
        { params },
      );
      return String(at(body, 'data', 'createJob', 'job', 'jobId'));
    },
    client({ connectionParams = {} } = {}) {
      return opened.adopt(
        createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 }),
        (client) => void client.dispose(),
      );
    },
    closeServer: server.close,
    removeObject,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What lies at this path of an answer; `undefined` where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined), value);
}

/** The next events of a subscription, at most so many; ends it afterwards. */
export async function take(events: AsyncIterable<unknown>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
