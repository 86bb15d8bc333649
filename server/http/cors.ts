/** Cross-origin requests of the pages that CORS_ORIGINS names. Requests of other pages are refused before. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const allowedHeaders = ['content-type', 'authorization', 'idempotency-key', 'last-event-id', 'traceparent', 'tracestate'];

/** @returns whether it was a preflight, which is then answered. */
export function answerCors({ method, headers }: IncomingMessage, response: ServerResponse, corsOrigins: readonly string[]): boolean {
  const { origin } = headers;
  if (corsOrigins.length > 0) response.setHeader('vary', 'Origin');
  if (origin !== undefined && corsOrigins.includes(origin)) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader(
      'access-control-expose-headers',
      'content-disposition, x-trace-id, traceparent, retry-after, ratelimit, ratelimit-policy',
    );
    if (method === 'OPTIONS') {
      response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
      response.setHeader('access-control-allow-headers', allowedHeaders.join(', '));
      response.setHeader('access-control-max-age', '600');
    }
  }
  if (method !== 'OPTIONS') return false;
  response.writeHead(204, { allow: 'GET, POST, OPTIONS' }).end();
  return true;
}
