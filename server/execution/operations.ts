/**
 * An operation from its text to its outcome: caller, document, variables, cost, execution. HTTP and WebSocket both use this, so
 * both give the same answer to the same operation.
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
import { monotonic } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { createFewATurn } from '../../core/fewATurn.ts';
import { jsonSize } from '../../core/jsonSize.ts';
import type { RateLimiter } from '../../core/limits/rateLimiter.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { PushedEvent, Watch, Watches } from '../../core/usecases/watchJob.ts';
import { createWorkerView } from '../../core/usecases/workers.ts';
import type { Config } from '../../runtime/config.ts';
import {
  affordableCost,
  coerceVariables,
  forCoercedVariables,
  schema,
  toGraphQLError,
  type ApiContext,
  type CoercedVariables,
} from '../../schema/index.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AnswerSizes, OpenAnswer } from './answerSizes.ts';
import { createDocuments, InvalidDocument, type ValidDocument } from './documents.ts';
import { createTurns } from './turns.ts';
import { createPipeline, type CallContext, type Steps } from './pipeline.ts';

/** A client's operation, with its shape checked by the transport. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** How an operation began: refused, completed already, or as a watch. All errors are as a client may see them. */
export type Outcome =
  | { readonly refusal: readonly GraphQLError[] }
  | { readonly result: Answer; readonly kind: OperationTypeNode }
  | { readonly watch: Watch<PushedEvent>; readonly args: WatchArgs };

export interface Answer {
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly GraphQLError[] | undefined;
}

/** What an event is executed with: only the parts of its request that it needs. */
export type WatchArgs = ExecutionArgs & {
  readonly contextValue: ApiContext;
  /** The variables as the schema takes them: the keys tell absent, null and default apart. */
  readonly coerced: Readonly<Record<string, unknown>>;
  /** For one event after another. */
  readonly answer?: OpenAnswer;
  /** The approximate memory of all this. Default 0. */
  readonly bytes?: number;
};

export interface Operations {
  /** Never rejects. */
  begin(request: OperationRequest, call: CallContext): Promise<Outcome>;
  /** The error as a client may see it. */
  mask(error: unknown, traceId: string): GraphQLError;
}

export interface OperationsDeps {
  readonly core: Core;
  readonly watches: Watches;
  readonly log: Log;
  /** No introspection, no suggestions. */
  readonly hidesSchema: boolean;
  readonly limiter: RateLimiter;
  readonly signWatchToken?: ApiContext['signWatchToken'];
  readonly answers: AnswerSizes;
  readonly limits: Pick<Config['limits'], 'operationCost' | 'requestBytes'>;
}

/** Each operation takes about a tenth of a millisecond until it waits for something. */
const beginsPerTurn = 24;
/** How much counts as one query: fields that may be returned, tokens of a document that is new here. */
const perQuery = { fields: 100, tokens: 50 };
/** So many bytes get a turn of their own to be written. */
const largeAnswer = 256 * 1024;
/** The memory of a watch, beside its document. */
const watchBytes = 512;

export function createOperations({
  core,
  watches,
  log,
  hidesSchema,
  limiter,
  answers,
  limits,
  signWatchToken,
}: OperationsDeps): Operations {
  const takeTurn = createTurns();
  const begins = createFewATurn(beginsPerTurn);
  const workers = createWorkerView(core, monotonic);
  const documents = createDocuments({ schema, hidesSchema, takeTurn });
  const pipeline = createPipeline(contextOf);
  const mask = (error: unknown, traceId: string): GraphQLError => toGraphQLError(error, { log, traceId });

  async function contextOf(call: CallContext): Promise<ApiContext> {
    const { traceId, signal, lastEventId } = call;
    const { owner, isAdmin, mayOperate, onlyJobId } = await call.identify();
    const about = { owner, isAdmin, mayOperate, onlyJobId, traceId, idempotencyKey: call.idempotencyKey(), lastEventId, signal };
    return { ...about, core, watches, workers, log, signWatchToken, spend: spendingOf(owner, call.onSpent), answer: call.answer };
  }

  function spendingOf(owner: string, onSpent: CallContext['onSpent']): ApiContext['spend'] {
    return async (budget, count) => {
      const taken = await limiter.take(owner, budget, count);
      onSpent?.(budget, taken);
      if (taken.retryAfterSeconds > 0) throw new JobError('RATE_LIMITED', { retryAfterSeconds: taken.retryAfterSeconds });
    };
  }

  async function run({ query, operationName, variables }: OperationRequest, call: CallContext): Promise<Outcome> {
    const steps = pipeline(call);
    // The caller is checked first: a stranger's document is not looked at.
    const contextValue = await steps.contextFactory();
    const found = await documents.read(query, steps, (tokens) => contextValue.spend('queries', Math.ceil(tokens / perQuery.tokens)));
    const operation = operationOf(found, operationName);
    const kind = operation.operation;
    call.requireKind?.(kind);
    const { answer } = call;
    try {
      const context = { ...contextValue, answer };
      const given = { found, operation, operationName, context, sent: variables ?? {} };
      const outcome = kind === OperationTypeNode.SUBSCRIPTION ? await watched(given) : await executed(given, steps);
      if ('watch' in outcome) return outcome;
      // Writing it is work too: the transport does it right after this.
      if (answer.bytes() > largeAnswer) await takeTurn();
      return { result: masked(outcome, context), kind };
    } catch (error) {
      return { result: { errors: [mask(error, call.traceId)] }, kind };
    }
  }

  interface Given {
    readonly found: ValidDocument;
    readonly operation: OperationDefinitionNode;
    readonly operationName: OperationRequest['operationName'];
    readonly context: ApiContext & { readonly answer: OpenAnswer };
    readonly sent: Readonly<Record<string, unknown>>;
  }

  /** @throws the error of its cost. A document that cannot be read has no cost: it is not executed either. */
  function coercedOf({ found, operation, sent }: Given): CoercedVariables & { readonly cost: number } {
    const options = { document: found.document, hideSuggestions: hidesSchema, maxBytes: limits.requestBytes };
    const coercion = coerceVariables(schema, operation, sent, options);
    if (coercion.errors !== undefined) return { ...coercion, cost: 0 };
    const costed = { schema, document: found.document, operation, coerced: coercion.coerced };
    return { ...coercion, cost: affordableCost(costed, limits.operationCost) };
  }

  async function executed(given: Given, { execute }: Pick<Steps, 'execute'>): Promise<ExecutionResult> {
    const { found, operation, operationName, context } = given;
    const { coerced, errors, cost } = coercedOf(given);
    if (errors !== undefined) return { errors };
    const isQuery = operation.operation === OperationTypeNode.QUERY;
    if (isQuery) await context.spend('queries', Math.ceil(cost / perQuery.fields));
    const document = forCoercedVariables(found.document);
    const args = { schema, document, operationName, contextValue: context, variableValues: coerced, hideSuggestions: hidesSchema };
    const result = await execute(args);
    // The result of a mutation is sent even where it is too large: it has taken effect.
    return isQuery && context.answer.isTooLarge() ? { errors: (result.errors ?? []).slice(0, 1) } : result;
  }

  async function watched(given: Given): Promise<ExecutionResult | { readonly watch: Watch<PushedEvent>; readonly args: WatchArgs }> {
    const { found, operationName, context } = given;
    const { coerced, errors } = coercedOf(given);
    if (errors !== undefined) return { errors };
    const args = { schema, operationName, variableValues: coerced, hideSuggestions: hidesSchema };
    const source = await createSourceEventStream({ ...args, document: forCoercedVariables(found.document), contextValue: context });
    if (!isWatch(source)) {
      if ('errors' in source) return source;
      throw new Error('a subscription yields what is not a watch');
    }
    const { document, bytes } = found.lasting();
    const answer = answers.begin(nobody);
    // The pipeline's context holds the call, and the call holds the request.
    const { owner, isAdmin, mayOperate, traceId, signal } = context;
    const about = { core, watches, workers, owner, isAdmin, mayOperate, traceId, log, signal };
    const contextValue = { ...about, answer, spend: () => Promise.resolve() };
    return {
      watch: source,
      args: { ...args, document, contextValue, coerced, answer, bytes: bytes + jsonSize(coerced).bytes + watchBytes },
    };
  }

  function masked({ data, errors }: ExecutionResult, { traceId }: ApiContext): Answer {
    return {
      ...(data === undefined ? {} : { data }),
      ...(errors === undefined ? {} : { errors: errors.map((error) => mask(error, traceId)) }),
    };
  }

  return {
    mask,
    async begin(request, call) {
      await new Promise<void>((resolve) => begins.add(resolve));
      try {
        return await run(request, call);
      } catch (error) {
        const errors = error instanceof InvalidDocument ? error.errors : [error];
        return { refusal: errors.map((each) => mask(each, call.traceId)) };
      }
    },
  };
}

/** @throws {GraphQLError} where it is not clear which one is meant. */
function operationOf({ document }: ValidDocument, operationName: OperationRequest['operationName']): OperationDefinitionNode {
  const operation = getOperationAST(document, operationName);
  if (operation !== null && operation !== undefined) return operation;
  throw new GraphQLError(
    typeof operationName === 'string'
      ? 'The document has no operation of the name that `operationName` gives.'
      : 'The document has several operations, or none, and `operationName` names none of them.',
    { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
  );
}

const nobody = (): undefined => undefined;

function isWatch(source: object): source is Watch<PushedEvent> {
  return 'take' in source && 'listen' in source;
}
