/**
 * Yoga's pipeline: parse, validate, build the context, execute, each with whatever its plugins add. Transports frame its
 * results themselves (`server/http`, `server/websocket`), so the same operation has the same answer over each.
 */
import type { LastEvent } from '../http/lastEventId.ts';
import { execute, type DocumentNode, type OperationTypeNode, type validate, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Budget, Taken } from '../../core/limits/rateLimiter.ts';
import { schema, type ApiContext } from '../../schema/index.ts';
import type { Identity } from '../auth.ts';
import type { OpenAnswer } from './answerSizes.ts';

/** What a transport knows of an operation before its context is built. */
export interface CallContext {
  readonly traceId: string;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
  /** @throws {JobError} `UNAUTHENTICATED`. */
  identify(): Promise<Identity>;
  /** Of the caller once known: counts received bytes, and is released once the answer is sent. */
  readonly answer: OpenAnswer;
  /** @throws {JobError} `BAD_USER_INPUT` for a header that is not valid. */
  idempotencyKey(): string | undefined;
  /** The last event that a reconnecting client saw. */
  readonly lastEventId?: LastEvent | undefined;
  /** Called for each attempt to spend, by transports that show clients what is left. */
  onSpent?(budget: Budget, taken: Taken): void;
  /** @throws {GraphQLError} where the transport takes no operation of this kind. Default: all are taken. */
  requireKind?(kind: OperationTypeNode): void;
}

/** The steps of one operation, in the order they are taken. */
export interface Steps {
  parse(text: string): DocumentNode;
  validate: typeof validate;
  /** @throws what `contextOf` throws. */
  contextFactory(): ApiContext | Promise<ApiContext>;
  execute(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult>;
}

export type Pipeline = (call: CallContext) => Steps;

/** A watch is opened with graphql-js's `createSourceEventStream`, so the rest is executed by graphql-js too: errors are the same. */
const useGraphqlJs: Plugin = { onExecute: ({ setExecuteFn }) => setExecuteFn(execute) };

export function createPipeline(contextOf: (call: CallContext) => Promise<ApiContext>): Pipeline {
  const { getEnveloped } = createYoga<CallContext, ApiContext>({
    schema,
    context: contextOf,
    plugins: [useGraphqlJs],
    // Documents are cached with their errors, and errors are masked, in `operations.ts`.
    parserAndValidationCache: false,
    maskedErrors: false,
    batching: false,
    multipart: false,
    graphiql: false,
    landingPage: false,
    logging: false,
  });
  return (call) => {
    const steps: Steps = getEnveloped(call);
    return steps;
  };
}
