/** Every error that a client may meet: its code, its message, and what to do about it. A test compares docs/errors.md with this list. */

export const errorCatalogue = {
  BAD_USER_INPUT: { message: 'The input is not valid.', whatToDo: 'Correct the field that `extensions.path` names and send it again.' },
  UNKNOWN_JOB_TYPE: { message: 'There is no job type of that name.', whatToDo: 'Ask the query `jobTypes` for the names there are.' },
  IDEMPOTENCY_KEY_REUSED: {
    message: 'This idempotency key was used with another payload.',
    whatToDo: 'Use a new key for a new job; to get the first job again, send the same type, params, priority and delay.',
  },
  JOB_NOT_FOUND: { message: 'There is no such job.', whatToDo: 'Check the jobId; jobs are deleted JOB_TTL_DAYS after their last change.' },
  JOB_NOT_RETRYABLE: {
    message: 'The job is not in a state that can be retried.',
    whatToDo: 'Retry a job that is FAILED, FAILED_FINAL, CANCELLED or stuck; this one still runs or has succeeded.',
  },
  JOB_NOT_RESCHEDULABLE: {
    message: 'The job does not wait.',
    whatToDo: 'Reschedule a job that is PENDING; hand in a new one for work to be done again.',
  },
  JOB_NOT_CANCELLABLE: { message: 'The job has already ended.', whatToDo: 'Nothing: read the job to see how it ended.' },
  SIGNAL_ALREADY_SENT: {
    message: 'A signal of that name was sent before, with another payload.',
    whatToDo: 'Nothing, where the first one says it all; to take several, the job waits for each under a name of its own.',
  },
  SIGNAL_TOO_LATE: {
    message: 'The job no longer takes that signal.',
    whatToDo:
      'Read the job: it has ended, or has gone on because the signal did not come in time. After a `retryJob` the signal may be sent again.',
  },
  SCHEDULE_NOT_FOUND: { message: 'There is no such schedule.', whatToDo: 'Ask the query `schedules` for those there are.' },
  SCHEDULE_NAME_TAKEN: {
    message: 'A schedule of yours has that name.',
    whatToDo: 'Update that one, delete it first, or choose another name.',
  },
  BULK_OPERATION_NOT_FOUND: {
    message: 'There is no such bulk operation.',
    whatToDo: 'Ask the query `bulkOperations` for those there are; they are deleted JOB_TTL_DAYS after their last change, or soon after.',
  },
  WEBHOOK_ENDPOINT_NOT_FOUND: {
    message: 'There is no such webhook endpoint.',
    whatToDo: 'Ask the query `webhookEndpoints` for those there are.',
  },
  WEBHOOK_DELIVERY_NOT_FOUND: {
    message: 'There is no such delivery.',
    whatToDo: 'Ask the query `webhookDeliveries` for those there are; they are deleted JOB_TTL_DAYS after their last change.',
  },
  WORKFLOW_NOT_FOUND: {
    message: 'There is no such workflow.',
    whatToDo: 'Check the workflowId; workflows are deleted JOB_TTL_DAYS after their end.',
  },
  WORKFLOW_NOT_RETRYABLE: { message: 'None of its jobs has failed.', whatToDo: 'Nothing: read the workflow to see how it stands.' },
  WORKFLOW_NOT_CANCELLABLE: { message: 'The workflow has already ended.', whatToDo: 'Nothing: read the workflow to see how it ended.' },
  QUEUE_UNAVAILABLE: {
    message: 'The job was recorded but could not be queued.',
    whatToDo: 'Call `retryJob` with `extensions.jobId`.',
  },
  TABLE_UNAVAILABLE: {
    message: 'The job table does not answer.',
    whatToDo: 'Send the request again with the same idempotency key; nothing is done twice.',
  },
  FEED_INTERRUPTED: {
    message: 'The feed was interrupted and may have lost events.',
    whatToDo: 'List your jobs to see their present state, then subscribe again.',
  },
  UNAUTHENTICATED: { message: 'A valid token is needed.', whatToDo: 'Get a new token and send it as `Authorization: Bearer …`.' },
  FORBIDDEN: { message: 'This token does not allow that.', whatToDo: 'Leave `owner` out, or use a token with the scope `admin`.' },
  WATCH_TOKENS_UNAVAILABLE: {
    message: 'This server signs no watch tokens.',
    whatToDo: 'Set WATCH_TOKEN_SECRET, the same on all servers.',
  },
  RATE_LIMITED: { message: 'Too many requests.', whatToDo: 'Wait `extensions.retryAfterSeconds`, then send it again.' },
  RESPONSE_TOO_LARGE: {
    message: 'The answer would be larger than MAX_RESPONSE_BYTES.',
    whatToDo: 'Ask for smaller pages, or for `params` and `result` of fewer jobs at a time.',
  },
  SHUTTING_DOWN: { message: 'This server is shutting down.', whatToDo: 'Connect again; another server answers.' },
} as const satisfies Record<string, { readonly message: string; readonly whatToDo: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Requests that are refused before they become an operation, and errors that are masked. `status` is that of the HTTP answer. */
export const refusalCatalogue = {
  BAD_REQUEST: {
    status: '400',
    message: 'This is no GraphQL request.',
    whatToDo: 'Send a JSON body with `query`, or a query (no mutation) by GET.',
  },
  GRAPHQL_PARSE_FAILED: { status: '200, 400', message: 'The document cannot be read.', whatToDo: 'Correct the syntax of the document.' },
  GRAPHQL_VALIDATION_FAILED: {
    status: '200, 400',
    message: 'The document does not fit the schema.',
    whatToDo: 'Ask for fields and arguments that the schema has.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    status: '400',
    message: 'It is not clear which operation is meant.',
    whatToDo: 'Name one operation of the document in `operationName`.',
  },
  DOCUMENT_TOO_LARGE: {
    status: '400',
    message: 'The document is too large.',
    whatToDo: 'Put values into variables, and ask for less in one document.',
  },
  OPERATION_TOO_COSTLY: {
    status: '200, 400',
    message: 'The operation may return too much data.',
    whatToDo: 'Ask for smaller pages, fewer of them, or fewer fields.',
  },
  NOT_ACCEPTABLE: {
    status: '406',
    message: 'The answer does not come as any of the media types in `Accept`.',
    whatToDo:
      'Accept `application/graphql-response+json` or `application/json`; for a subscription `text/event-stream` or `multipart/mixed; subscriptionSpec=1.0`.',
  },
  REQUEST_TIMEOUT: { status: '408', message: 'The request did not arrive in time.', whatToDo: 'Send the whole request at once.' },
  REQUEST_ENTITY_TOO_LARGE: { status: '413', message: 'The request is too large.', whatToDo: 'Send less in one request.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: '415',
    message: 'The body is not plain JSON.',
    whatToDo: 'Send JSON in UTF-8, not compressed, as `Content-Type: application/json`.',
  },
  SINGLE_CONNECTION_MODE: {
    status: '400, 405',
    message: 'The single connection mode of GraphQL over SSE is not supported here.',
    whatToDo:
      'Use the distinct connections mode (graphql-sse: `singleConnection: false`), over HTTP/2 where there are many, or a WebSocket.',
  },
  REQUEST_HEADERS_TOO_LARGE: {
    status: '431',
    message: 'The headers are too large.',
    whatToDo: 'Send less than 16 KB of headers; put a long query into a POST.',
  },
  FOREIGN_ORIGIN: {
    status: '403',
    message: 'Pages of this origin may not call the API.',
    whatToDo: 'Name the page’s origin in CORS_ORIGINS.',
  },
  FOREIGN_HOST: {
    status: '403',
    message: 'This server may not be called by that name.',
    whatToDo: 'Call `localhost`, or name the host in ALLOWED_HOSTS.',
  },
  METHOD_NOT_ALLOWED: {
    status: '405',
    message: 'This method is not allowed here.',
    whatToDo: 'Use a method that the header `Allow` names.',
  },
  TOO_MANY_SOCKETS: {
    status: '503',
    message: 'This server accepts no more WebSockets.',
    whatToDo: 'Connect again later; another server may answer.',
  },
  NOT_FOUND: { status: '404', message: 'There is nothing here.', whatToDo: 'The API is at `/graphql`.' },
  INTERNAL_SERVER_ERROR: {
    status: '200, 500',
    message: 'Something went wrong on our side',
    whatToDo: 'Try again later; if it stays, report `extensions.traceId`.',
  },
} as const satisfies Record<string, { readonly status: string; readonly message: string; readonly whatToDo: string }>;

/** The codes with which the server closes a WebSocket (graphql-transport-ws, and RFC 6455 below 4000). */
export const closeCatalogue = {
  1000: { why: 'Nothing ran on it for SOCKET_IDLE_SECONDS.', whatToDo: 'Connect again when there is something to ask.' },
  1001: { why: 'The server shuts down.', whatToDo: 'Connect again, to another server; resume with `afterVersion`.' },
  1006: {
    why: 'It answered no ping, left too much unread, or sent more than a token before it was authenticated.',
    whatToDo: 'Connect again; resume with `afterVersion`.',
  },
  1009: { why: 'A message was larger than MAX_REQUEST_BYTES.', whatToDo: 'Send less in one message.' },
  4400: { why: 'A message was not of the protocol, or its id was longer than 256 characters.', whatToDo: 'Correct the client.' },
  4401: { why: 'An operation came before `connection_init` was answered.', whatToDo: 'Wait for `connection_ack`.' },
  4403: { why: 'The token is missing, not valid, or has expired.', whatToDo: 'Connect again with a new token in `connectionParams`.' },
  4406: { why: 'The client does not speak `graphql-transport-ws`.', whatToDo: 'Ask for that subprotocol.' },
  4408: { why: '`connection_init` did not come within SOCKET_INIT_SECONDS.', whatToDo: 'Send it at once.' },
  4409: { why: 'An operation with that id already runs.', whatToDo: 'Give each operation an id of its own.' },
  4429: {
    why: 'A second `connection_init`, or more than MAX_CONNECTIONS_PER_OWNER.',
    whatToDo: 'Close connections that are not needed, then connect again.',
  },
  4500: { why: 'Something went wrong on our side.', whatToDo: 'Connect again later.' },
} as const satisfies Record<number, { readonly why: string; readonly whatToDo: string }>;

export type RefusalCode = keyof typeof refusalCatalogue;

export interface ErrorDetails {
  /** A more exact message than the catalogue's. */
  readonly message?: string | undefined;
  /** The place in the input, e.g. `['params', 'rows', 3]`. */
  readonly path?: readonly (string | number)[] | undefined;
  readonly jobId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** An expected error: shown to the client with its code. Anything else that is thrown is masked. */
export class JobError extends Error {
  override readonly name = 'JobError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(details.message ?? errorCatalogue[code].message, options);
    this.code = code;
    this.details = details;
  }
}

const permanent = Symbol.for('job-tickets.PermanentError');

/** Thrown by a handler when trying again cannot help: the job ends FAILED_FINAL at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly [permanent] = true;

  /** Also recognises errors of another copy of this package, which a team's handlers may have installed. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && permanent in value;
  }
}

/** Thrown by a handler when the other side said when to try again: the attempt failed, and the next one begins no earlier. */
export class RetryLaterError extends Error {
  override readonly name = 'RetryLaterError';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
