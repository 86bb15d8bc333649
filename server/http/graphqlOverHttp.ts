/** GraphQL over HTTP: one operation per request, answered at once or as a stream. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError, OperationTypeNode } from 'graphql';
import { JobError, refusalCatalogue } from '../../core/errors.ts';
import type { Budget, Rate, Taken } from '../../core/limits/rateLimiter.ts';
import type { Config } from '../../runtime/config.ts';
import { onExpiry, type Authenticate, type Identity } from '../auth.ts';
import type { AnswerSizes } from '../execution/answerSizes.ts';
import type { FanOut } from '../execution/fanOut.ts';
import type { OperationRequest, Operations, Outcome } from '../execution/operations.ts';
import type { CallContext } from '../execution/pipeline.ts';
import { payloadOf } from '../execution/payload.ts';
import { parseIdempotencyKey } from '../idempotencyKey.ts';
import type { TurnEnd } from '../turnEnd.ts';
import type { Connections } from '../websocket/connections.ts';
import { AnswerStream } from './answerStream.ts';
import { answerCors } from './cors.ts';
import { parseLastEventId } from './lastEventId.ts';
import { acceptedOf, type Accepted } from './mediaTypes.ts';
import { readParams } from './params.ts';
import { setRateLimitHeaders } from './rateLimitHeaders.ts';
import { Refusal, refuse, sendJson } from './refusal.ts';
import { codeOf, setErrorHeaders, statusOf } from './status.ts';

export interface GraphQLOverHttpDeps {
  readonly operations: Operations;
  readonly fanOut: FanOut;
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly answers: AnswerSizes;
  readonly turnEnd: TurnEnd;
  readonly corsOrigins: readonly string[];
  /** For each budget; `undefined` = no limit. */
  readonly rate: Rate | undefined;
  readonly limits: Pick<Config['limits'], 'requestBytes' | 'requestTimeoutSeconds'>;
}

/** A call, with the amounts that were spent for it. */
interface HttpCall extends CallContext {
  readonly spent: ReadonlyMap<Budget, Taken>;
}

export type AnswerGraphQL = (request: IncomingMessage, response: ServerResponse, traceId: string) => Promise<void>;

export function createGraphQLOverHttp(deps: GraphQLOverHttpDeps): AnswerGraphQL {
  const { operations, fanOut, turnEnd, corsOrigins, rate, limits } = deps;

  return async (request, response, traceId) => {
    if (answerCors(request, response, corsOrigins)) return undefined;
    try {
      const accepted = acceptedOf(request.headers.accept);
      const call = callOf(request, response, { traceId, accepted, ...deps });
      const params = await paramsOf(request, call);
      if (!(params instanceof GraphQLError)) {
        if (accepted.single === undefined && accepted.stream === undefined) throw new Refusal(406, 'NOT_ACCEPTABLE');
        return await send(response, accepted, await operations.begin(params, call), call);
      }
      // Bytes left unread would be taken for the next request.
      response.setHeader('connection', 'close');
      return await send(response, accepted, { refusal: [params] }, call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refuse(response, error.status, error.code, error.details);
    }
  };

  /** Nothing of a body is read before the caller is known. An error is given as the client may see it. */
  async function paramsOf(request: IncomingMessage, call: HttpCall): Promise<OperationRequest | GraphQLError> {
    try {
      await call.identify();
      return await readParams(request, limits.requestBytes, call.answer.receive);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      return operations.mask(error, call.traceId);
    }
  }

  async function send(
    response: ServerResponse,
    { single, stream }: Accepted,
    outcome: Outcome,
    { signal, traceId, spent, answer: underWay }: HttpCall,
  ): Promise<void> {
    if (rate !== undefined) setRateLimitHeaders(response, rate, spent);
    response.setHeader('cache-control', 'no-store');
    if ('watch' in outcome) {
      // The watch must not keep the request in memory.
      underWay.release();
      const target = new AnswerStream(response, stream ?? 'text/event-stream');
      fanOut.push(outcome.watch, { args: outcome.args, id: '', target });
      const leave = (): void => {
        if (signal.reason instanceof JobError) target.pushError('', operations.mask(signal.reason, traceId));
      };
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave);
      return;
    }
    const answer = 'refusal' in outcome ? { errors: outcome.refusal } : outcome.result;
    const isWatching = 'kind' in outcome && outcome.kind === OperationTypeNode.SUBSCRIPTION;
    const streamed = isWatching || single === undefined ? stream : undefined;
    const status = statusOf(answer, single ?? 'application/json');
    // A watch that could not begin for a temporary reason must not look like a complete one.
    const passing = isWatching && answer.errors?.find((error) => passingCodes.has(codeOf(error)));
    if (streamed !== undefined && passing) new AnswerStream(response, streamed).pushError('', passing);
    else {
      setErrorHeaders(response, status, answer);
      await turnEnd();
      if (streamed === undefined) sendJson(response, status, payloadOf(answer), single ?? 'application/json');
      else new AnswerStream(response, streamed, status).answer(answer);
    }
    // A client that reads nothing of the rest for so long is cut off.
    if (response.writableLength > 0) response.setTimeout(limits.requestTimeoutSeconds * 1000, () => void response.destroy());
  }
}

const passingCodes: ReadonlySet<string> = new Set(['SHUTTING_DOWN', 'TABLE_UNAVAILABLE', 'FEED_INTERRUPTED']);

function callOf(
  request: IncomingMessage,
  response: ServerResponse,
  {
    traceId,
    accepted,
    authenticate,
    connections,
    answers,
  }: Pick<GraphQLOverHttpDeps, 'authenticate' | 'connections' | 'answers'> & { readonly traceId: string; readonly accepted: Accepted },
): HttpCall {
  const gone = new AbortController();
  const left = new Promise<void>((resolve) => response.once('close', resolve));
  // After the whole answer was sent, nothing needs to be cancelled.
  void left.then(() => response.writableFinished || gone.abort());
  const spent = new Map<Budget, Taken>();
  let owner: string | undefined;
  const answer = answers.begin(() => owner);
  let identified: Promise<Identity> | undefined;
  return {
    traceId,
    signal: gone.signal,
    spent,
    answer,
    onSpent: (budget, taken) => void spent.set(budget, taken),
    identify: () => (identified ??= identify()),
    idempotencyKey: () => parseIdempotencyKey(headerOf(request, 'idempotency-key')),
    lastEventId: parseLastEventId(headerOf(request, 'last-event-id')),
    requireKind(kind) {
      if (kind === OperationTypeNode.MUTATION && request.method === 'GET') {
        throw refusalOf('METHOD_NOT_ALLOWED', 'A mutation is sent by POST.');
      }
      if (kind === OperationTypeNode.SUBSCRIPTION && accepted.stream === undefined) throw refusalOf('NOT_ACCEPTABLE');
    },
  };

  async function identify(): Promise<Identity> {
    const identity = await authenticate(request.headers.authorization);
    const connection = { end: () => gone.abort(new JobError('SHUTTING_DOWN')) };
    connections.open(identity.owner, connection);
    ({ owner } = identity);
    const forget = onExpiry(identity, () => gone.abort(new JobError('UNAUTHENTICATED', { message: 'The token has expired.' })));
    void left.then(() => {
      connections.close(identity.owner, connection);
      answer.release();
      forget();
    });
    return identity;
  }
}

function refusalOf(code: 'METHOD_NOT_ALLOWED' | 'NOT_ACCEPTABLE', message: string = refusalCatalogue[code].message): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
