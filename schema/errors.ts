/**
 * The one place that turns an error into what a client reads. A `JobError` is shown with its code. Everything else is masked
 * and logged once, under the traceId that the client gets. HTTP, SSE and WebSocket all use this.
 */
import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { errorCatalogue, JobError, refusalCatalogue, type ErrorCode, type RefusalCode } from '../core/errors.ts';
import type { Log } from '../telemetry/log.ts';

/** Where a masked error is reported. Without a traceId one is made up, so that the log line can be found. */
export interface Reporter {
  readonly log: Log;
  readonly traceId?: string | undefined;
}

export interface Problem {
  readonly code: ErrorCode | 'INTERNAL_SERVER_ERROR';
  readonly message: string;
  readonly whatToDo: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly jobId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly traceId?: string | undefined;
}

/** Errors that a client may see unchanged; asking for them again gives the same. */
const shown = new WeakSet<GraphQLError>();

/** @returns the error as a client may see it, with where it happened in the operation. */
export function toGraphQLError(error: unknown, reporter: Reporter): GraphQLError {
  if (error instanceof GraphQLError && shown.has(error)) return error;
  if (error instanceof GraphQLError && isRequestError(error)) return remember(refused(error));
  const cause = causeOf(error);
  if (cause instanceof GraphQLError && shown.has(cause)) return remember(located(cause.message, error, cause.extensions));
  const { message, ...extensions } = inputProblem(error, cause) ?? toProblem(cause, reporter);
  return remember(located(message, error, definedOf(extensions)));
}

const masked = refusalCatalogue.INTERNAL_SERVER_ERROR;

/** The same for an error that is returned as data, as in `createJobs`. */
export function toProblem(error: unknown, { log, traceId = randomUUID().replaceAll('-', '') }: Reporter): Problem {
  if (error instanceof JobError) {
    const { path, jobId, retryAfterSeconds } = error.details;
    const { whatToDo } = errorCatalogue[error.code];
    if (error.cause !== undefined) log.warn({ error, traceId, jobId }, 'answered with an error that has a cause');
    return { code: error.code, message: error.message, whatToDo, path, jobId, retryAfterSeconds };
  }
  // The client has left: nobody reads this answer, and nothing is wrong.
  if (error instanceof Error && error.name === 'AbortError') log.debug({ traceId }, 'the client left');
  else log.error({ error, traceId }, 'an unexpected error was masked');
  return {
    code: 'INTERNAL_SERVER_ERROR',
    message: masked.message,
    whatToDo: masked.whatToDo,
    traceId,
  };
}

/** Errors of requests that never became an operation (syntax, validation, HTTP): the library's message about the client's own text. */
function isRequestError(error: GraphQLError): boolean {
  return error.path === undefined && error.originalError === undefined && error.extensions['code'] !== undefined;
}

/** graphql-js wraps what a resolver throws, sometimes twice. */
function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined && !shown.has(cause)) cause = cause.originalError;
  return cause;
}

/**
 * Variables and arguments that do not fit their type. graphql-js reports them with the node of the document that they are
 * about. An error of serialising a result, which is our fault, has none.
 */
function inputProblem(error: unknown, cause: unknown): Problem | undefined {
  if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError)) return undefined;
  const isAboutVariables = error.path === undefined;
  if (!isAboutVariables && (cause.nodes === undefined || error === cause)) return undefined;
  const { whatToDo } = errorCatalogue.BAD_USER_INPUT;
  return {
    code: 'BAD_USER_INPUT',
    message: clip(error.message),
    whatToDo,
    path: isAboutVariables ? variablePath(error, cause) : undefined,
  };
}

/** graphql-js gives the path only within the message: `Variable "$input" got invalid value … at "input.priority"; …`. */
function variablePath(error: GraphQLError, cause: GraphQLError): readonly (string | number)[] | undefined {
  const sentence = error.message.slice(0, -`; ${cause.message}`.length);
  const steps = / at "\w+((?:\.\w+|\[\d+\])+)"$/.exec(sentence)?.[1];
  return steps?.match(/\w+/g)?.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function located(message: string, error: unknown, extensions: GraphQLError['extensions']): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
  const { nodes = null, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

function definedOf(extensions: object): GraphQLError['extensions'] {
  return Object.fromEntries(Object.entries(extensions).filter(([, value]) => value !== undefined));
}

const maxMessageLength = 1000;

/** graphql-js quotes the invalid value, however long it is. */
function clip(message: string): string {
  return message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
}

/** Adds what to do about it, which the library does not know. */
function refused(error: GraphQLError): GraphQLError {
  const { code } = error.extensions;
  const whatToDo = isRefusalCode(code) ? refusalCatalogue[code].whatToDo : undefined;
  return located(clip(error.message), error, definedOf({ ...error.extensions, whatToDo }));
}

function isRefusalCode(code: unknown): code is RefusalCode {
  return typeof code === 'string' && Object.hasOwn(refusalCatalogue, code);
}

function remember(error: GraphQLError): GraphQLError {
  shown.add(error);
  return error;
}
