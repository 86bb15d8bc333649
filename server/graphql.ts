/** The GraphQL pipeline: parse, limit, validate, build the context, execute, mask. HTTP and WebSocket both run this one. */
import { createYoga, isAsyncIterable, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Log } from '../core/log.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Watches } from '../core/usecases/watchJob.ts';
import { schema, toGraphQLError, type ApiContext } from '../schema/index.ts';
import type { Identity } from './auth.ts';
import { useDocumentLimits } from './limits.ts';
import { createDocumentCache } from './documentCache.ts';

/** What a transport knows of an operation before its context is built. */
export interface CallContext {
  readonly traceId: string;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
  /** @throws {JobError} `UNAUTHENTICATED`. */
  identify(): Promise<Identity>;
  /** @throws {JobError} `BAD_USER_INPUT` for a header that is none. */
  idempotencyKey(): string | undefined;
}

export type Pipeline = YogaServerInstance<CallContext, ApiContext>;

export interface PipelineDeps {
  readonly core: Core;
  readonly watches: Watches;
  readonly log: Log;
  readonly isProduction: boolean;
  readonly corsOrigins: readonly string[];
}

export const graphqlPath = '/graphql';

/** Params may have 256 KB, and a request several jobs. */
export const maxBodyBytes = 1024 * 1024;

export function createPipeline({ core, watches, log, isProduction, corsOrigins }: PipelineDeps): Pipeline {
  return createYoga<CallContext, ApiContext>({
    schema,
    graphqlEndpoint: graphqlPath,
    maxRequestBodySize: maxBodyBytes,
    batching: false,
    multipart: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    cors: corsOrigins.length === 0 ? false : corsOptions(corsOrigins),
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    // What fails before there is a context, or beside it, ends up here.
    maskedErrors: { maskError: (error) => toGraphQLError(error, { log }) },
    plugins: [useDocumentLimits({ hidesSchema: isProduction }), useClientErrors(log)],
    async context({ traceId, signal, identify, idempotencyKey }) {
      const { owner } = await identify();
      return { core, watches, owner, traceId, log: log.child({ traceId }), idempotencyKey: idempotencyKey(), signal };
    },
  });
}

/** Masks what resolvers and subscriptions throw, under the traceId the client knows. */
function useClientErrors(log: Log): Plugin<CallContext> {
  const shown = (error: unknown, traceId: string) => toGraphQLError(error, { log, traceId });
  return {
    onPluginInit({ registerContextErrorHandler }) {
      registerContextErrorHandler(({ error, context, setError }) => {
        const { traceId }: Partial<CallContext> = context;
        setError(toGraphQLError(error, { log, traceId }));
      });
    },
    onExecute: ({ args: { contextValue } }) => ({
      onExecuteDone({ result, setResult }) {
        if (isAsyncIterable(result) || result.errors === undefined) return;
        setResult({ ...result, errors: result.errors.map((error) => shown(error, contextValue.traceId)) });
      },
    }),
    onSubscribe: ({ args: { contextValue } }) => ({
      onSubscribeResult({ result, setResult }) {
        if (isAsyncIterable(result)) {
          return {
            onNext(next) {
              if (next.result.errors === undefined) return;
              next.setResult({ ...next.result, errors: next.result.errors.map((error) => shown(error, contextValue.traceId)) });
            },
          };
        }
        if (result.errors !== undefined) setResult({ ...result, errors: result.errors.map((error) => shown(error, contextValue.traceId)) });
        return undefined;
      },
      onSubscribeError({ error, setError }) {
        setError(shown(error, contextValue.traceId));
      },
    }),
  };
}

function corsOptions(origins: readonly string[]) {
  return {
    origin: [...origins],
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: ['content-type', 'authorization', 'idempotency-key', 'traceparent', 'tracestate'],
    exposedHeaders: ['x-trace-id', 'traceparent'],
    maxAge: 600,
  };
}
