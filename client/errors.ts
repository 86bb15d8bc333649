/** Errors between a client and the API, as one class with a code to branch on. */
import { isApiCode, type JobTicketsErrorCode } from './errorCode.ts';

export interface JobTicketsErrorDetails {
  /** What to do about it, for people. */
  readonly whatToDo?: string | undefined;
  /** The place in the input. */
  readonly path?: readonly (string | number)[] | undefined;
  readonly jobId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Name it when you report a fault of the service. */
  readonly traceId?: string | undefined;
  /** The server's code, where this client does not know it. */
  readonly code?: string | undefined;
}

/** `code`: one of docs/errors.md, or one of the client's own. */
export class JobTicketsError extends Error {
  override readonly name = 'JobTicketsError';
  readonly code: JobTicketsErrorCode;
  readonly details: JobTicketsErrorDetails;

  constructor(code: JobTicketsErrorCode, message: string, details: JobTicketsErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** The token was refused before anything was done with it, and a new one may work. */
export class TokenRefused extends JobTicketsError {
  constructor() {
    super('UNAUTHENTICATED', refusedMessage);
  }
}

export const refusedMessage = 'The token is missing, not valid, or has expired.';

/** Temporary errors: the same operation is worth another try. */
const passing: ReadonlySet<JobTicketsErrorCode> = new Set<JobTicketsErrorCode>([
  'CONNECTION_LOST',
  'SHUTTING_DOWN',
  'TABLE_UNAVAILABLE',
  'RATE_LIMITED',
  'FEED_INTERRUPTED',
  'TOO_MANY_SOCKETS',
  'REQUEST_TIMEOUT',
]);

export function isPassing(error: unknown): error is JobTicketsError {
  return error instanceof TokenRefused || (error instanceof JobTicketsError && passing.has(error.code));
}

export interface AnsweredError {
  readonly message: string;
  readonly extensions?: unknown;
}

/** From an answer's `errors`: the first one says what is wrong. */
export function errorOfAnswer(errors: readonly AnsweredError[]): JobTicketsError {
  const [{ message, extensions } = { message: 'The answer is empty.' }] = errors;
  return errorOf({ ...(isRecord(extensions) ? extensions : {}), message });
}

/** From the API's data about an error: `code`, `message`, `whatToDo` … */
export function errorOf(said: Readonly<Record<string, unknown>>): JobTicketsError {
  const { code, path } = said;
  return new JobTicketsError(isApiCode(code) ? code : 'UNKNOWN', textOf(said['message']) ?? '', {
    whatToDo: textOf(said['whatToDo']),
    path: Array.isArray(path) ? path.filter((step) => typeof step === 'string' || typeof step === 'number') : undefined,
    jobId: textOf(said['jobId']),
    retryAfterSeconds: typeof said['retryAfterSeconds'] === 'number' ? said['retryAfterSeconds'] : undefined,
    traceId: textOf(said['traceId']),
    code: isApiCode(code) ? undefined : textOf(code),
  });
}

export function connectionLost(message = 'The connection was lost.', cause?: unknown): JobTicketsError {
  return new JobTicketsError('CONNECTION_LOST', message, {}, { cause });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
