/** The HTTP status of an answer, as specified by GraphQL over HTTP. */
import type { ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Answer } from '../execution/operations.ts';
import type { SingleType } from './mediaTypes.ts';

/** An operation that never ran has a status of its own, whatever the media type. */
const always: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  OPERATION_RESOLUTION_FAILURE: 400,
  DOCUMENT_TOO_LARGE: 400,
  FORBIDDEN: 403,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  SHUTTING_DOWN: 503,
  TABLE_UNAVAILABLE: 503,
};

/** With `application/json` every well-formed request gets 200; with `application/graphql-response+json` one that did not run gets 4xx. */
export function statusOf({ errors = [] }: Answer, type: SingleType): number {
  if (errors.some((error) => codeOf(error) === 'UNAUTHENTICATED')) return 401;
  const refused = errors.find(({ path }) => path === undefined);
  if (refused === undefined) return 200;
  return always[codeOf(refused)] ?? (type === 'application/json' ? 200 : 400);
}

export function setErrorHeaders(response: ServerResponse, status: number, { errors = [] }: Answer): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (status === 405) response.setHeader('allow', 'POST');
  if (status !== 429 && status !== 503) return;
  const seconds = errors.map(({ extensions }) => extensions['retryAfterSeconds']).find((value) => typeof value === 'number') ?? 1;
  response.setHeader('retry-after', String(seconds));
}

export function codeOf({ extensions }: GraphQLError): string {
  return String(extensions['code']);
}
