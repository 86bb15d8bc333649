/**
 * An operation from its text to its outcome: document, variables, cost, context, execution. HTTP and WebSocket both come
 * through here, so both give the same answer to the same operation.
 */
import {
  createSourceEventStream,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type OperationDefinitionNode,
} from 'graphql';
import { JobError } from '../../core/errors.ts';
import type { RateLimiter } from '../../core/limits/rateLimiter.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { Watch, Watches } from '../../core/usecases/watchJob.ts';
import { coerceVariables, requireAffordable, schema, toGraphQLError, type ApiContext } from '../../schema/index.ts';
import type { Log } from '../../telemetry/log.ts';
import { createDocuments, InvalidDocument } from './documents.ts';
import { createPipeline, type CallContext, type Steps } from './pipeline.ts';

/** What a client asks for, its shape checked by the transport. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** How an operation began: not at all, done already, or as a watch. All errors are as a client may see them. */
export type Outcome =
  | { readonly refusal: readonly GraphQLError[] }
  | { readonly result: Answer; readonly kind: OperationTypeNode }
  | { readonly watch: Watch; readonly args: WatchArgs };

export interface Answer {
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly GraphQLError[] | undefined;
}

/** What an event is executed with. */
export type WatchArgs = ExecutionArgs & {
  readonly contextValue: ApiContext;
  /** The variables as the schema takes them: absent, null and default are told apart by the keys. */
  readonly coerced: Readonly<Record<string, unknown>>;
};

export interface Operations {
  /** Never rejects. */
  begin(request: OperationRequest, call: CallContext): Promise<Outcome>;
  /** As a client may see it. */
  mask(error: unknown, traceId: string): GraphQLError;
}

export interface OperationsDeps {
  readonly core: Core;
  readonly watches: Watches;
  readonly log: Log;
  /** No introspection, no hints. */
  readonly hidesSchema: boolean;
  readonly limiter: RateLimiter;
  readonly maxCost: number;
  readonly signWatchToken?: ApiContext['signWatchToken'];
}

export function createOperations({ core, watches, log, hidesSchema, limiter, maxCost, signWatchToken }: OperationsDeps): Operations {
  const documents = createDocuments({ schema, hidesSchema });
  const pipeline = createPipeline(contextOf);
  const mask = (error: unknown, traceId: string): GraphQLError => toGraphQLError(error, { log, traceId });

  async function contextOf({ traceId, signal, identify, idempotencyKey, lastEventId }: CallContext): Promise<ApiContext> {
    const { owner, isAdmin, onlyJobId } = await identify();
    const spend = async (count: number): Promise<void> => {
      const retryAfterSeconds = await limiter.take(owner, count);
      if (retryAfterSeconds > 0) throw new JobError('RATE_LIMITED', { retryAfterSeconds });
    };
    return {
      core,
      watches,
      owner,
      isAdmin,
      onlyJobId,
      signWatchToken,
      spend,
      traceId,
      log,
      idempotencyKey: idempotencyKey(),
      lastEventId,
      signal,
    };
  }

  async function run({ query, operationName, variables }: OperationRequest, call: CallContext): Promise<Outcome> {
    const steps = pipeline(call);
    const document = documents.read(query, steps);
    const operation = getOperationAST(document, operationName);
    if (operation === null || operation === undefined) {
      throw new GraphQLError(
        typeof operationName === 'string'
          ? 'The document has no operation of the name that `operationName` gives.'
          : 'The document has several operations, or none, and `operationName` names none of them.',
        { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
      );
    }
    const kind = operation.operation;
    call.requireKind?.(kind);
    const contextValue = await steps.contextFactory();
    try {
      return await executed(steps, operation, { schema, document, operationName, variableValues: variables, contextValue });
    } catch (error) {
      return { result: { errors: [mask(error, call.traceId)] }, kind };
    }
  }

  /** @throws what is wrong with its variables, or its cost. */
  async function executed(
    { execute }: Pick<Steps, 'execute'>,
    operation: OperationDefinitionNode,
    given: ExecutionArgs & { readonly contextValue: ApiContext },
  ): Promise<Outcome> {
    const kind = operation.operation;
    const args = { ...given, hideSuggestions: hidesSchema };
    const answerOf = ({ data, errors }: ExecutionResult): Answer => ({
      ...(data === undefined ? {} : { data }),
      ...(errors === undefined ? {} : { errors: errors.map((error) => mask(error, args.contextValue.traceId)) }),
    });
    const { coerced, errors } = coerceVariables(schema, operation, args.variableValues ?? {}, { hideSuggestions: hidesSchema });
    // What cannot be read is costed too: an attack does not become cheap by a mistake in it.
    requireAffordable(args, maxCost);
    if (errors !== undefined) return { result: answerOf({ errors }), kind };
    if (kind !== OperationTypeNode.SUBSCRIPTION) return { result: answerOf(await execute(args)), kind };
    const source = await createSourceEventStream(args);
    if (isWatch(source)) return { watch: source, args: { ...args, coerced } };
    if ('errors' in source) return { result: answerOf(source), kind };
    throw new Error('a subscription yields what is not a watch');
  }

  return {
    mask,
    async begin(request, call) {
      try {
        return await run(request, call);
      } catch (error) {
        const errors = error instanceof InvalidDocument ? error.errors : [error];
        return { refusal: errors.map((each) => mask(each, call.traceId)) };
      }
    },
  };
}

function isWatch(source: object): source is Watch {
  return 'take' in source && 'listen' in source;
}
