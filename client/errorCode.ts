/** The codes of errors, as in the API's schema, and those of the client itself. */

const apiCodes = [
  'BAD_USER_INPUT',
  'UNKNOWN_JOB_TYPE',
  'IDEMPOTENCY_KEY_REUSED',
  'JOB_NOT_FOUND',
  'JOB_NOT_RETRYABLE',
  'JOB_NOT_RESCHEDULABLE',
  'JOB_NOT_CANCELLABLE',
  'SIGNAL_ALREADY_SENT',
  'SIGNAL_TOO_LATE',
  'SCHEDULE_NOT_FOUND',
  'SCHEDULE_NAME_TAKEN',
  'BULK_OPERATION_NOT_FOUND',
  'WEBHOOK_ENDPOINT_NOT_FOUND',
  'WEBHOOK_DELIVERY_NOT_FOUND',
  'WORKFLOW_NOT_FOUND',
  'WORKFLOW_NOT_RETRYABLE',
  'WORKFLOW_NOT_CANCELLABLE',
  'QUEUE_UNAVAILABLE',
  'TABLE_UNAVAILABLE',
  'FEED_INTERRUPTED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'WATCH_TOKENS_UNAVAILABLE',
  'RATE_LIMITED',
  'SHUTTING_DOWN',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'DOCUMENT_TOO_LARGE',
  'OPERATION_TOO_COSTLY',
  'NOT_ACCEPTABLE',
  'REQUEST_TIMEOUT',
  'REQUEST_ENTITY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'SINGLE_CONNECTION_MODE',
  'REQUEST_HEADERS_TOO_LARGE',
  'FOREIGN_ORIGIN',
  'FOREIGN_HOST',
  'METHOD_NOT_ALLOWED',
  'TOO_MANY_SOCKETS',
  'NOT_FOUND',
  'RESPONSE_TOO_LARGE',
  'INTERNAL_SERVER_ERROR',
] as const;

/**
 * In addition to those of docs/errors.md: `CONNECTION_LOST`, `CONNECTION_CLOSED` (by `close`), and `UNKNOWN`: a code of a newer
 * server, which is in `details.code`.
 */
export type JobTicketsErrorCode = (typeof apiCodes)[number] | 'CONNECTION_LOST' | 'CONNECTION_CLOSED' | 'UNKNOWN';

const known: ReadonlySet<string> = new Set(apiCodes);

export function isApiCode(code: unknown): code is (typeof apiCodes)[number] {
  return typeof code === 'string' && known.has(code);
}
