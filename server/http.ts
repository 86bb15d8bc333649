/** HTTP: what is refused before GraphQL sees it, then GraphQL, GraphiQL, the dashboard and health. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { JobError, refusalCatalogue, type RefusalCode } from '../core/errors.ts';
import { prometheusContentType } from '../runtime/metricsServer.ts';
import type { Log } from '../telemetry/log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { onExpiry, type Authenticate } from './auth.ts';
import { graphqlPath, type Pipeline } from './execution/graphql.ts';
import type { Health } from './health.ts';
import { parseIdempotencyKey } from './idempotencyKey.ts';
import { sendFile, type Dashboard } from './pages/dashboard.ts';
import { queueDepthsPath, type AnswerQueueDepths } from './queueDepths.ts';
import { traceHeaders, traceIdOf } from './trace.ts';
import type { Connections } from './websocket/connections.ts';

export interface RequestListenerDeps {
  readonly pipeline: Pipeline;
  readonly authenticate: Authenticate;
  readonly health: Health;
  readonly connections: Connections;
  readonly allowsHost: (headers: IncomingMessage['headers']) => boolean;
  readonly allowsOrigin: (headers: IncomingMessage['headers']) => boolean;
  /** The page, or `undefined` where there is none. */
  readonly graphiql: { readonly html: string; readonly contentSecurityPolicy: string } | undefined;
  readonly dashboard: Dashboard;
  readonly queueDepths: AnswerQueueDepths;
  /** All metrics, in Prometheus' text format. */
  readonly scrape: () => Promise<string>;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

export function createRequestListener(deps: RequestListenerDeps) {
  const {
    pipeline,
    authenticate,
    health,
    connections,
    allowsHost,
    allowsOrigin,
    graphiql,
    dashboard,
    queueDepths,
    scrape,
    telemetry,
    log,
  } = deps;

  return (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const traceparent = headerOf(request, 'traceparent');
    const { method = '' } = request;
    const attributes = { 'http.request.method': method, 'url.path': pathOf(request) };
    return telemetry.span(
      `${method} ${pathOf(request)}`,
      { kind: SpanKind.SERVER, attributes, origin: { traceparent } },
      async (annotate) => {
        await answer(request, response, telemetry.running().traceId ?? traceIdOf(traceparent));
        annotate({ 'http.response.status_code': response.statusCode });
      },
    );
  };

  async function answer(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    try {
      for (const [name, value] of Object.entries(traceHeaders(traceId))) response.setHeader(name, value);
      response.setHeader('x-content-type-options', 'nosniff');
      await route(request, response, traceId);
    } catch (error) {
      log.error({ error, traceId }, 'a request failed');
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, refusal('INTERNAL_SERVER_ERROR', 'Something went wrong on our side', { traceId }));
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    const path = pathOf(request);
    const check = health.answer(path, request.url?.endsWith('?verbose'));
    if (check === undefined && !allowsHost(request.headers)) {
      return refuse(response, 403, 'FOREIGN_HOST', 'This server may not be called by that name.');
    }
    if (path === graphqlPath) return graphql(request, response, traceId);
    if (path === '/metrics') return void response.setHeader('content-type', prometheusContentType).end(await scrape());
    const file = check === undefined ? await dashboard.fileAt(path) : undefined;
    if (check === undefined && file === undefined && path !== queueDepthsPath) {
      return sendJson(response, 404, refusal('NOT_FOUND', 'There is nothing here.'));
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendJson(response, 405, refusal('METHOD_NOT_ALLOWED', 'Only GET and HEAD.'));
    }
    if (file !== undefined) return sendFile(request, response, file);
    const { status, body } = await (check ?? queueDepths(request.headers));
    return sendJson(response, status, body);
  }

  async function graphql(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    if (!allowsOrigin(request.headers)) return refuse(response, 403, 'FOREIGN_ORIGIN', 'Pages of this origin may not call the API.');
    if (graphiql !== undefined && wantsPage(request)) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': graphiql.contentSecurityPolicy });
      return void response.end(graphiql.html);
    }
    if (request.method === 'POST' && !isPlainJson(request.headers)) {
      return refuse(
        response,
        415,
        'UNSUPPORTED_MEDIA_TYPE',
        'The body has to be JSON in UTF-8, not compressed: Content-Type: application/json.',
      );
    }
    const gone = new AbortController();
    const left = new Promise<void>((resolve) => response.once('close', resolve));
    void left.then(() => gone.abort());
    const answer = await pipeline.handleNodeRequestAndResponse(request, response, {
      traceId,
      signal: gone.signal,
      async identify() {
        const identity = await authenticate(request.headers.authorization);
        const connection = { end: () => gone.abort(new JobError('SHUTTING_DOWN')) };
        connections.open(identity.owner, connection);
        const forget = onExpiry(identity, () => gone.abort(new JobError('UNAUTHENTICATED', { message: 'The token has expired.' })));
        void left.then(() => {
          connections.close(identity.owner, connection);
          forget();
        });
        return identity;
      },
      idempotencyKey: () => parseIdempotencyKey(headerOf(request, 'idempotency-key')),
    });
    // The rest of a body that nobody read would be taken for the next request.
    if (answer.status === 413) response.setHeader('connection', 'close');
    await send(answer, response);
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1);
  return path;
}

/** Also with `?query=`, which GraphiQL writes into the address: no client but a browser asks for HTML. */
function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/html') === true;
}

/** Forms and plain text need no preflight, so any page could send them; gzip could be a bomb. */
function isPlainJson(headers: IncomingMessage['headers']): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' && /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?$/i.test(headers['content-type'] ?? '');
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Without having read the body, which would be taken for the next request. */
function refuse(response: ServerResponse, status: number, code: RefusalCode, message: string): void {
  response.setHeader('connection', 'close');
  sendJson(response, status, refusal(code, message));
}

function refusal(code: RefusalCode, message: string, extensions: object = {}): object {
  const { whatToDo } = refusalCatalogue[code];
  return { errors: [{ message, extensions: { code, whatToDo, ...extensions } }] };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text);
}

/** A stream (SSE) is written as it comes, no faster than the client reads, and is cancelled when the client leaves. */
async function send(answer: Response, response: ServerResponse): Promise<void> {
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.writeHead(answer.status);
  if (answer.body === null) return void response.end();
  if (answer.headers.get('content-type')?.startsWith('text/event-stream') !== true) return void response.end(await answer.text());

  const reader = answer.body.getReader();
  const closed = once(response, 'close').then(() => reader.cancel());
  response.socket?.setNoDelay(true);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!response.write(value)) await Promise.race([once(response, 'drain'), closed]);
  }
  response.end();
}
