/**
 * GraphQL over WebSocket (graphql-transport-ws, as graphql-ws' PROTOCOL.md has it): what each message of a client does.
 * Read and spoken here, and not by graphql-ws' server, so that an idle watcher costs little more than its socket.
 */
import { SpanKind } from '@opentelemetry/api';
import {
  createSourceEventStream,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, MessageType, parseMessage, type Message, type SubscribeMessage } from 'graphql-ws';
import { JobError } from '../../core/errors.ts';
import type { Watch } from '../../core/usecases/watchJob.ts';
import type { Config } from '../../runtime/config.ts';
import { requireAffordable, schema, toGraphQLError, type ApiContext } from '../../schema/index.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Authenticate, Identity } from '../auth.ts';
import { createFanOut, type Subscriber } from '../execution/fanOut.ts';
import type { CallContext, Pipeline } from '../execution/graphql.ts';
import { traceIdOf } from '../trace.ts';
import { seconds, type ClientSocket } from './clientSocket.ts';
import type { Connections } from './connections.ts';
import { ackMessage, completeMessage, errorMessage, nextMessage, payloadOf, pongMessage } from './messages.ts';

export interface WebSocketProtocol {
  /** Never rejects. */
  receive(socket: ClientSocket, text: string): Promise<void>;
  /** Ends what ran on a socket that is closed. */
  closed(socket: ClientSocket): void;
}

/** The pipeline's steps, which envelop leaves untyped. */
interface Steps {
  parse(text: string): DocumentNode;
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[];
  contextFactory(): ApiContext | Promise<ApiContext>;
}

export interface WebSocketDeps {
  readonly pipeline: Pipeline;
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** As in `useDocumentLimits`: no hints of what was nearly right. */
  readonly hidesSchema: boolean;
  readonly limits: Pick<Config['limits'], 'operationsPerSocket' | 'operationCost'>;
}

export function createWebSocketProtocol(deps: WebSocketDeps): WebSocketProtocol {
  const { pipeline, authenticate, connections, telemetry, log, hidesSchema, limits } = deps;
  const { execute } = pipeline.getEnveloped();
  const mask = (error: unknown, traceId: string): GraphQLError => toGraphQLError(error, { log, traceId });
  const fanOut = createFanOut({ mask });

  async function answer(socket: ClientSocket, text: string): Promise<void> {
    const message = messageOf(text);
    switch (message?.type) {
      case MessageType.ConnectionInit:
        return initialise(socket, message.payload ?? {});
      case MessageType.Ping:
        return socket.send(pongMessage(message.payload));
      case MessageType.Pong:
        return undefined;
      case MessageType.Subscribe:
        return begin(socket, message);
      case MessageType.Complete:
        socket.running.get(message.id)?.end();
        return void socket.running.delete(message.id);
      // No message at all, or what only servers say.
      case undefined:
      case MessageType.ConnectionAck:
      case MessageType.Next:
      case MessageType.Error:
        return socket.close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  async function initialise(socket: ClientSocket, connectionParams: Readonly<Record<string, unknown>>): Promise<void> {
    if (socket.phase !== 'open') return socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
    socket.phase = 'initialising';
    try {
      const identity = await authenticate(authorizationOf(connectionParams) ?? socket.authorization);
      // It may have gone while the token was looked at.
      if (socket.readyState !== socket.OPEN) return undefined;
      connections.open(identity.owner, socket);
      socket.identity = identity;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      if (error.code === 'RATE_LIMITED') return socket.close(CloseCode.TooManyInitialisationRequests, `${error.code}: ${error.message}`);
      return socket.close(CloseCode.Forbidden, 'Forbidden');
    }
    socket.phase = 'acknowledged';
    return socket.send(ackMessage());
  }

  async function begin(socket: ClientSocket, { id, payload }: SubscribeMessage): Promise<void> {
    if (socket.phase !== 'acknowledged') return socket.close(CloseCode.Unauthorized, 'Unauthorized');
    if (socket.running.has(id)) return socket.close(CloseCode.SubscriberAlreadyExists, 'Subscriber for this id already exists');
    const gone = new AbortController();
    const beginning = { end: () => gone.abort() };
    socket.running.set(id, beginning);
    socket.usedAt = seconds();
    const traceId = traceIdOf(payload.extensions?.['traceparent']);
    const outcome = await outcomeOf(socket, payload, { traceId, signal: gone.signal });
    // Completed by the client meanwhile, and perhaps begun anew; a watch has ended by its signal.
    if (socket.running.get(id) !== beginning) return undefined;
    if ('watch' in outcome) return fanOut.push(outcome.watch, { args: outcome.args, id, socket });
    socket.running.delete(id);
    if ('refusal' in outcome) return socket.send(errorMessage(id, outcome.refusal));
    socket.send(nextMessage(id, payloadOf(outcome.result)));
    return socket.send(completeMessage(id));
  }

  async function outcomeOf(
    socket: ClientSocket,
    { query, operationName, variables }: SubscribeMessage['payload'],
    { traceId, signal }: Pick<CallContext, 'traceId' | 'signal'>,
  ): Promise<Outcome> {
    try {
      requireRoom(socket);
      const call: CallContext = { traceId, signal, identify: () => identityOf(socket), idempotencyKey: () => undefined };
      const { parse, validate, contextFactory }: Steps = pipeline.getEnveloped(call);
      const document = parse(query);
      const refusal = validate(schema, document);
      if (refusal.length > 0) return { refusal };
      const operation = getOperationAST(document, operationName);
      if (operation === null || operation === undefined) return { refusal: [new GraphQLError('Unable to identify operation')] };
      const contextValue = await contextFactory();
      const args = { schema, document, operationName, variableValues: variables, contextValue, hideSuggestions: hidesSchema };
      return operation.operation === OperationTypeNode.SUBSCRIPTION ? await subscribe(args) : { result: await executed(args) };
    } catch (error) {
      // A syntax error, say: of this operation only. The socket and its other operations go on.
      return { refusal: [mask(error, traceId)] };
    }
  }

  function requireRoom({ running }: ClientSocket): void {
    if (running.size <= limits.operationsPerSocket) return;
    const message = `At most ${limits.operationsPerSocket} operations at a time on one socket.`;
    throw new JobError('RATE_LIMITED', { message, retryAfterSeconds: 1 });
  }

  function executed(args: Subscriber['args']): Promise<ExecutionResult> {
    return telemetry.span(
      'graphql over WebSocket',
      { kind: SpanKind.SERVER, origin: { traceId: args.contextValue.traceId } },
      // oxlint-disable-next-line typescript/no-unsafe-return -- Yoga gives its pipeline's functions no types
      async () => await execute(args),
    );
  }

  async function subscribe(args: Subscriber['args']): Promise<Outcome> {
    const masked = (errors: readonly unknown[]) => ({ result: { errors: errors.map((error) => mask(error, args.contextValue.traceId)) } });
    try {
      requireAffordable(args, limits.operationCost);
    } catch (error) {
      return masked([error]);
    }
    const source = await createSourceEventStream(args);
    if (isWatch(source)) return { watch: source, args };
    if ('errors' in source) return masked(source.errors ?? []);
    throw new Error('a subscription yields what is not a watch');
  }

  return {
    async receive(socket, text) {
      try {
        await answer(socket, text);
      } catch (error) {
        log.error({ error }, 'a WebSocket message failed');
        socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
      }
    },
    closed(socket) {
      for (const running of socket.running.values()) running.end();
      socket.running.clear();
      if (socket.identity !== undefined) connections.close(socket.identity.owner, socket);
    },
  };
}

/** How an operation began: not at all, done already, or as a watch. */
type Outcome =
  | { readonly refusal: readonly GraphQLError[] }
  | { readonly result: ExecutionResult }
  | { readonly watch: Watch; readonly args: ExecutionArgs & { readonly contextValue: ApiContext } };

function messageOf(text: string): Message | undefined {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}

/** graphql-ws connections say it as they like: `authorization` or `Authorization`. */
function authorizationOf(connectionParams: Readonly<Record<string, unknown>>): string | undefined {
  const given = connectionParams['authorization'] ?? connectionParams['Authorization'];
  return typeof given === 'string' ? given : undefined;
}

async function identityOf({ identity }: ClientSocket): Promise<Identity> {
  if (identity === undefined || (identity.expiresAt ?? Infinity) < Date.now()) throw new JobError('UNAUTHENTICATED');
  return identity;
}

function isWatch(source: object): source is Watch {
  return 'take' in source && 'listen' in source;
}
