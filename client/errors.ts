/** What can go wrong between a client and the API, as one class with a code to branch on. */

export interface JobTicketsErrorDetails {
  /** What to do about it, for people. */
  readonly whatToDo?: string | undefined;
  /** Where in the input. */
  readonly path?: readonly (string | number)[] | undefined;
  readonly jobId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** To be named in a report. */
  readonly traceId?: string | undefined;
}

/** `code`: one of docs/errors.md, or `CONNECTION_LOST`. */
export class JobTicketsError extends Error {
  override readonly name = 'JobTicketsError';
  readonly code: string;
  readonly details: JobTicketsErrorDetails;

  constructor(code: string, message: string, details: JobTicketsErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** Errors that pass by themselves: the same operation is worth another try. */
const passing = new Set(['CONNECTION_LOST', 'SHUTTING_DOWN', 'TABLE_UNAVAILABLE', 'RATE_LIMITED', 'FEED_INTERRUPTED']);

export function isPassing(error: unknown): error is JobTicketsError {
  return error instanceof JobTicketsError && passing.has(error.code);
}

/** Of an answer's `errors`: the first one says what is wrong. */
export function errorOfAnswer(errors: readonly { readonly message: string; readonly extensions?: unknown }[]): JobTicketsError {
  const [{ message, extensions } = { message: 'The answer is empty.' }] = errors;
  const said = isRecord(extensions) ? extensions : {};
  const { path } = said;
  return new JobTicketsError(textOf(said['code']) ?? 'UNKNOWN', message, {
    whatToDo: textOf(said['whatToDo']),
    path: Array.isArray(path) ? path.filter((step) => typeof step === 'string' || typeof step === 'number') : undefined,
    jobId: textOf(said['jobId']),
    retryAfterSeconds: typeof said['retryAfterSeconds'] === 'number' ? said['retryAfterSeconds'] : undefined,
    traceId: textOf(said['traceId']),
  });
}

/** Of what graphql-ws throws: errors of an operation, the event of a socket that closed, or of one that never opened. */
export function errorOfSocket(thrown: unknown): unknown {
  if (Array.isArray(thrown)) return errorOfAnswer(thrown.filter(isGraphQLError));
  if (thrown instanceof JobTicketsError) return thrown;
  if (!isRecord(thrown)) return thrown;
  const { code, reason } = thrown;
  const said = typeof reason === 'string' && reason !== '' ? reason : 'The connection was lost.';
  if (code === forbidden) return new JobTicketsError('UNAUTHENTICATED', 'The token is missing, not valid, or has expired.');
  if (typeof code === 'number' && code >= 4400 && code < 4410 && code !== initTimeout) return new JobTicketsError('BAD_REQUEST', said);
  return new JobTicketsError('CONNECTION_LOST', said, {}, { cause: thrown });
}

/** Codes with which the server closes a socket (docs/errors.md). */
const forbidden = 4403;
const initTimeout = 4408;

function isGraphQLError(value: unknown): value is { readonly message: string; readonly extensions?: unknown } {
  return isRecord(value) && typeof value['message'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
