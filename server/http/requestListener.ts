/** HTTP: refusals before GraphQL, then GraphQL, GraphiQL, the dashboard, downloads and health. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { prometheusContentType } from '../../runtime/metricsServer.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { graphqlPath } from '../graphqlPath.ts';
import type { Health } from '../health.ts';
import { sendFile, type Dashboard } from '../pages/dashboard.ts';
import type { GraphiQLPage } from '../pages/graphiql.ts';
import { queueDepthsPath, type AnswerQueueDepths } from '../queueDepths.ts';
import { traceHeaders, traceIdOf } from '../trace.ts';
import { downloadRoute, type Downloads } from './downloads.ts';
import { headerOf, type AnswerGraphQL } from './graphqlOverHttp.ts';
import { refusalBody, refuse, sendJson } from './refusal.ts';

export interface RequestListenerDeps {
  readonly answerGraphQL: AnswerGraphQL;
  readonly health: Health;
  readonly allowsHost: (headers: IncomingMessage['headers']) => boolean;
  readonly allowsOrigin: (headers: IncomingMessage['headers']) => boolean;
  /** The page, or `undefined` where there is none. */
  readonly graphiql: (() => Promise<GraphiQLPage>) | undefined;
  readonly dashboard: Dashboard;
  readonly queueDepths: AnswerQueueDepths;
  readonly downloads: Downloads;
  /** All metrics, in Prometheus' text format. */
  readonly scrape: () => Promise<string>;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

export function createRequestListener(deps: RequestListenerDeps) {
  const { answerGraphQL, health, allowsHost, allowsOrigin, graphiql, dashboard, queueDepths, downloads, scrape, telemetry, log } = deps;

  return (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const traceparent = headerOf(request, 'traceparent');
    const { method = '' } = request;
    const attributes = { 'http.request.method': method, 'url.path': pathOf(request) };
    return telemetry.span(
      `${method} ${downloads.has(pathOf(request)) ? downloadRoute : pathOf(request)}`,
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
      else sendJson(response, 500, refusalBody('INTERNAL_SERVER_ERROR', { traceId }));
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    const path = pathOf(request);
    const check = health.answer(path, request.url?.endsWith('?verbose'));
    if (check === undefined && !allowsHost(request.headers)) {
      return refuse(response, 403, 'FOREIGN_HOST');
    }
    if (path === graphqlPath) return graphql(request, response, traceId);
    if (path === '/metrics') return metrics(request, response);
    if (downloads.has(path)) {
      if (!allowsOrigin(request.headers)) return refuse(response, 403, 'FOREIGN_ORIGIN');
      return downloads.answer(request, response, traceId);
    }
    const file = check === undefined ? await dashboard.fileAt(path) : undefined;
    if (check === undefined && file === undefined && path !== queueDepthsPath) {
      return refuse(response, 404, 'NOT_FOUND');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'METHOD_NOT_ALLOWED', { message: 'Only GET and HEAD.', headers: { allow: 'GET, HEAD' } });
    }
    if (file !== undefined) return sendFile(request, response, file);
    if (check === undefined) response.setHeader('cache-control', 'no-store');
    const { status, body } = await (check ?? queueDepths(request.headers));
    return sendJson(response, status, body);
  }

  async function metrics({ method }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET') return refuse(response, 405, 'METHOD_NOT_ALLOWED', { message: 'Only GET.', headers: { allow: 'GET' } });
    return void response.setHeader('content-type', prometheusContentType).end(await scrape());
  }

  async function graphql(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    if (!allowsOrigin(request.headers)) return refuse(response, 403, 'FOREIGN_ORIGIN');
    if (graphiql === undefined || !wantsPage(request)) return answerGraphQL(request, response, traceId);
    const { html, contentSecurityPolicy } = await graphiql();
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy });
    return void response.end(html);
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1);
  return path;
}

/** Also with `?query=`, which GraphiQL writes into the URL: only browsers ask for HTML. */
function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/html') === true;
}
