/** GraphQL over WebSocket: implements the protocol's messages, tokens, operations and their answers. */
import { SpanKind } from '@opentelemetry/api';
import { CloseCode, type SubscribeMessage } from 'graphql-ws';
import { JobError } from '../../core/errors.ts';
import { parseExactJson } from '../../core/json.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Authenticate, Identity } from '../auth.ts';
import type { AnswerSizes } from '../execution/answerSizes.ts';
import type { CallContext } from '../execution/pipeline.ts';
import type { FanOut } from '../execution/fanOut.ts';
import type { OperationRequest, Operations, Outcome } from '../execution/operations.ts';
import { payloadOf } from '../execution/payload.ts';
import { addRunning, endAllRunning, removeRunning, runningCount, runningOf, type Running } from '../execution/runningOperations.ts';
import { traceIdOf } from '../trace.ts';
import { seconds, type ClientSocket } from './clientSocket.ts';
import type { Connections } from './connections.ts';
import { receive, type ProtocolHost, type Rejection } from './protocol.ts';

export interface WebSocketApi {
  /** Never rejects. */
  receive(socket: ClientSocket, text: string): Promise<void>;
  /** Ends the operations of a socket that is closed. */
  closed(socket: ClientSocket): void;
}

export interface WebSocketDeps {
  readonly operations: Operations;
  readonly fanOut: FanOut;
  readonly answers: AnswerSizes;
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly limits: Pick<Config['limits'], 'operationsPerSocket'>;
}

export function createWebSocketApi({
  operations,
  fanOut,
  answers,
  authenticate,
  connections,
  telemetry,
  log,
  limits,
}: WebSocketDeps): WebSocketApi {
  const host: ProtocolHost<ClientSocket> = { admit, begin };

  async function admit(
    socket: ClientSocket,
    connectionParams: Readonly<Record<string, unknown>>,
  ): Promise<'admitted' | 'gone' | Rejection> {
    try {
      const identity = await authenticate(authorizationOf(connectionParams) ?? socket.authorization);
      // The client may have gone while the token was checked.
      if (socket.readyState !== socket.OPEN) return 'gone';
      connections.open(identity.owner, socket);
      socket.identity = identity;
      return 'admitted';
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      if (error.code === 'RATE_LIMITED')
        return { code: CloseCode.TooManyInitialisationRequests, reason: `${error.code}: ${error.message}` };
      return { code: CloseCode.Forbidden, reason: 'Forbidden' };
    }
  }

  async function begin(socket: ClientSocket, id: string, payload: SubscribeMessage['payload'], text: string): Promise<void> {
    const beginning = beginningOf(id);
    addRunning(socket, beginning);
    socket.usedAt = seconds();
    const answer = answers.begin(() => socket.identity?.owner);
    const outcome = await outcomeOf(socket, payload, text, { signal: beginning.signal, answer });
    // Completed by the client meanwhile, and perhaps begun again; a watch has ended by its signal.
    if (runningOf(socket, id) !== beginning) return answer.release();
    // A request that has its answer keeps nothing in memory.
    if (!('result' in outcome)) answer.release();
    if ('watch' in outcome) return fanOut.push(outcome.watch, { args: outcome.args, id, target: socket });
    removeRunning(socket, id);
    if ('refusal' in outcome) return socket.pushErrors(id, outcome.refusal);
    socket.pushNext(id, payloadOf(outcome.result), undefined, answer.release);
    if (socket.readyState !== socket.OPEN) answer.release();
    return socket.pushComplete(id);
  }

  async function outcomeOf(
    socket: ClientSocket,
    payload: SubscribeMessage['payload'],
    text: string,
    { signal, answer }: Pick<CallContext, 'signal' | 'answer'>,
  ): Promise<Outcome> {
    const { query, operationName, extensions } = payload;
    const traceId = traceIdOf(extensions?.['traceparent']);
    if (runningCount(socket) > limits.operationsPerSocket) {
      const message = `At most ${limits.operationsPerSocket} operations at once on one socket.`;
      return { refusal: [operations.mask(new JobError('RATE_LIMITED', { message, retryAfterSeconds: 1 }), traceId)] };
    }
    const call = { traceId, signal, answer, identify: () => identityOf(socket), idempotencyKey: () => undefined };
    let variables: OperationRequest['variables'];
    try {
      answer.receive(text.length);
      variables = exactVariables(text, payload);
    } catch (error) {
      return { refusal: [operations.mask(tellable(error), traceId)] };
    }
    const request = { query, operationName, variables };
    return telemetry.span('graphql over WebSocket', { kind: SpanKind.SERVER, origin: { traceId } }, () => operations.begin(request, call));
  }

  return {
    async receive(socket, text) {
      try {
        await receive(socket, text, host);
      } catch (error) {
        log.error({ error }, 'a WebSocket message failed');
        socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
      }
    },
    closed(socket) {
      endAllRunning(socket);
      if (socket.identity !== undefined) connections.close(socket.identity.owner, socket);
    },
  };
}

/** Ends what begins. In a function of its own, so that what a watch keeps in memory does not include its message. */
function beginningOf(id: string): Running & { readonly signal: AbortSignal } {
  const gone = new AbortController();
  return { id, signal: gone.signal, end: () => gone.abort() };
}

/** The protocol has checked the message's shape and read its numbers as JavaScript does; here they are read as they were written. */
function exactVariables(text: string, payload: object): Readonly<Record<string, unknown>> | undefined {
  const variables = fieldOf(fieldOf(parseExactJson(text, { payload }), 'payload'), 'variables');
  return isRecord(variables) ? variables : undefined;
}

function tellable(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new JobError('BAD_USER_INPUT', { message: `The variables hold ${error.message}: send them as strings.`, path: ['variables'] });
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Clients of graphql-ws use either spelling: `authorization` or `Authorization`. */
function authorizationOf(connectionParams: Readonly<Record<string, unknown>>): string | undefined {
  const given = connectionParams['authorization'] ?? connectionParams['Authorization'];
  return typeof given === 'string' ? given : undefined;
}

async function identityOf({ identity }: ClientSocket): Promise<Identity> {
  if (identity === undefined || (identity.expiresAt ?? Infinity) < Date.now()) throw new JobError('UNAUTHENTICATED');
  return identity;
}
