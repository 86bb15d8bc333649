/** GraphQL over WebSocket (graphql-transport-ws): who is connected, and what each message runs. The sockets are next door. */
import type { IncomingMessage } from 'node:http';
import {
  GraphQLError,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, makeServer, type Context, type Server } from 'graphql-ws';
import type { Config } from '../core/config.ts';
import { JobError } from '../core/errors.ts';
import { SpanKind } from '@opentelemetry/api';
import type { Log } from '../core/log.ts';
import type { Telemetry } from '../core/telemetry.ts';
import { requireAffordable, schema, toGraphQLError, type ApiContext } from '../schema/index.ts';
import type { Authenticate, Identity } from './auth.ts';
import type { CallContext, Pipeline } from './graphql.ts';
import { createFanOut, type PushSocket, type Subscriber } from './fanOut.ts';
import { traceIdOf } from './trace.ts';

/** The pipeline's steps, which envelop leaves untyped. */
interface Steps {
  parse(text: string): DocumentNode;
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[];
  contextFactory(): ApiContext | Promise<ApiContext>;
}

/** What is kept for a socket. */
export interface Connection {
  readonly request: IncomingMessage;
  readonly socket: PushSocket;
  /** Each running operation's, by the id the client gave it. */
  readonly running: Map<string, AbortController>;
  identity?: Identity;
  /** As of `performance.now()`. */
  lastUsedAt: number;
  /** Called once the client is known. @throws {JobError} `RATE_LIMITED` where its owner has too many connections. */
  onIdentity(identity: Identity): void;
  close(code: number, reason: string): void;
}

export interface WebSocketDeps {
  readonly pipeline: Pipeline;
  readonly authenticate: Authenticate;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** As in `useDocumentLimits`: no hints of what was nearly right. */
  readonly hidesSchema: boolean;
  readonly limits: Config['limits'];
}

export function createWebSocketProtocol({
  pipeline,
  authenticate,
  telemetry,
  log,
  hidesSchema,
  limits: { operationsPerSocket: maxOperations, operationCost, socketInitSeconds },
}: WebSocketDeps): Server<Connection> {
  const { execute } = pipeline.getEnveloped();
  const fanOut = createFanOut({ mask: (error, traceId) => toGraphQLError(error, { log, traceId }) });
  /** graphql-ws hands `subscribe` the arguments alone. */
  const subscribers = new WeakMap<ExecutionArgs, Subscriber>();
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: socketInitSeconds * 1000,

    /** `false` closes the socket with 4403. */
    async onConnect({ extra, connectionParams = {} }) {
      try {
        const identity = await authenticate(authorizationOf(connectionParams) ?? extra.request.headers.authorization);
        extra.onIdentity(identity);
        extra.identity = identity;
        return true;
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        if (error.code === 'RATE_LIMITED') extra.close(CloseCode.TooManyInitialisationRequests, `${error.code}: ${error.message}`);
        return false;
      }
    },

    async onSubscribe({ extra, subscriptions }, id, { query, operationName, variables, extensions }) {
      const gone = new AbortController();
      extra.lastUsedAt = performance.now();
      const traceId = traceIdOf(extensions?.['traceparent']);
      try {
        if (Object.keys(subscriptions).length > maxOperations) {
          throw new JobError('RATE_LIMITED', {
            message: `At most ${maxOperations} operations at a time on one socket.`,
            retryAfterSeconds: 1,
          });
        }
        const call: CallContext = {
          traceId,
          signal: gone.signal,
          identify: () => identityOf(extra),
          idempotencyKey: () => undefined,
        };
        const { parse, validate, contextFactory }: Steps = pipeline.getEnveloped(call);
        const document = parse(query);
        const errors = validate(schema, document);
        if (errors.length > 0) return errors;
        const contextValue = await contextFactory();
        const args = { schema, document, operationName, variableValues: variables, contextValue, hideSuggestions: hidesSchema };
        extra.running.set(id, gone);
        subscribers.set(args, { args, id, socket: extra.socket });
        return args;
      } catch (error) {
        // A syntax error, say: of this operation only. The socket and its other operations go on.
        return [toGraphQLError(error, { log, traceId })];
      }
    },

    async execute(args) {
      const traceId = subscribers.get(args)?.args.contextValue.traceId;
      return telemetry.span(
        'graphql over WebSocket',
        { kind: SpanKind.SERVER, origin: { traceId } },
        // oxlint-disable-next-line typescript/no-unsafe-return -- Yoga gives its pipeline's functions no types
        async (): Promise<ExecutionResult> => await execute(args),
      );
    },
    subscribe(args) {
      const subscriber = subscribers.get(args);
      if (subscriber === undefined) throw new Error('an operation that onSubscribe did not let in');
      try {
        requireAffordable(args, operationCost);
      } catch (error) {
        return { errors: [toGraphQLError(error, { log, traceId: subscriber.args.contextValue.traceId })] };
      }
      return fanOut.subscribe(subscriber);
    },

    onNext: (_context, _id, _payload, _args, { errors, data }) =>
      errors === undefined ? undefined : { ...(data === undefined ? {} : { data }), errors: errors.map(formatted) },
    onError: (_context, _id, _payload, errors) => errors.map(formatted),
    onComplete: ({ extra }, id) => endOperation(extra, id),
    onClose: ({ extra }: Context<Record<string, unknown>, Connection>) => {
      for (const id of extra.running.keys()) endOperation(extra, id);
    },
  });
}

/** graphql-ws connections say it as they like: `authorization` or `Authorization`. */
function authorizationOf(connectionParams: Readonly<Record<string, unknown>>): string | undefined {
  const given = connectionParams['authorization'] ?? connectionParams['Authorization'];
  return typeof given === 'string' ? given : undefined;
}

async function identityOf({ identity }: Connection): Promise<Identity> {
  if (identity === undefined || (identity.expiresAt ?? Infinity) < Date.now()) throw new JobError('UNAUTHENTICATED');
  return identity;
}

function endOperation({ running }: Connection, id: string): void {
  running.get(id)?.abort();
  running.delete(id);
}

/** The status an error would have over HTTP is nothing to clients. */
function formatted(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  const { extensions = {}, ...rest } = error instanceof GraphQLError ? error.toJSON() : error;
  const { http: _http, ...shown } = extensions;
  return { ...rest, extensions: shown };
}
