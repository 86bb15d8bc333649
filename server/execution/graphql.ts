/** The GraphQL pipeline: parse, limit, validate, build the context, execute, mask. HTTP and WebSocket both run this one. */
import { createYoga, isAsyncIterable, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { JobError } from '../../core/errors.ts';
import type { RateLimiter } from '../../core/limits/rateLimiter.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { Watches } from '../../core/usecases/watchJob.ts';
import { requireAffordable, schema, toGraphQLError, type ApiContext, type CostedOperation } from '../../schema/index.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Identity } from '../auth.ts';
import { useDocumentLimits } from '../limits.ts';
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
  /** As in `useDocumentLimits`: no introspection, no hints. */
  readonly hidesSchema: boolean;
  readonly corsOrigins: readonly string[];
  readonly limiter: RateLimiter;
  readonly maxRequestBytes: number;
  readonly maxCost: number;
}

export const graphqlPath = '/graphql';

export function createPipeline({ core, watches, log, hidesSchema, corsOrigins, limiter, ...max }: PipelineDeps): Pipeline {
  return createYoga<CallContext, ApiContext>({
    schema,
    graphqlEndpoint: graphqlPath,
    maxRequestBodySize: max.maxRequestBytes,
    batching: false,
    multipart: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    cors: corsOrigins.length === 0 ? false : corsOptions(corsOrigins),
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    // What fails before there is a context, or beside it, ends up here.
    maskedErrors: { maskError: (error) => toGraphQLError(error, { log }) },
    plugins: [useDocumentLimits({ hidesSchema }), useCostLimit(max.maxCost, log), useClientErrors(log)],
    async context({ traceId, signal, identify, idempotencyKey }) {
      const { owner, isAdmin } = await identify();
      const spend = async (count: number): Promise<void> => {
        const retryAfterSeconds = await limiter.take(owner, count);
        if (retryAfterSeconds > 0) throw new JobError('RATE_LIMITED', { retryAfterSeconds });
      };
      return { core, watches, owner, isAdmin, spend, traceId, log, idempotencyKey: idempotencyKey(), signal };
    },
  });
}

/** Over WebSocket a subscription comes past here only in `websocket.ts`, which asks the same. */
function useCostLimit(maxCost: number, log: Log): Plugin<CallContext> {
  const refusalOf = (args: CostedOperation, { traceId }: CallContext) => {
    try {
      return requireAffordable(args, maxCost);
    } catch (error) {
      return { errors: [toGraphQLError(error, { log, traceId })] };
    }
  };
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const refusal = refusalOf(args, args.contextValue);
      if (refusal !== undefined) setResultAndStopExecution(refusal);
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = refusalOf(args, args.contextValue);
      if (refusal !== undefined) setResultAndStopExecution(refusal);
    },
  };
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
