/** What the server says in graphql-transport-ws, as text. */
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { MessageType } from 'graphql-ws';

export function ackMessage(): string {
  return JSON.stringify({ type: MessageType.ConnectionAck });
}

export function pongMessage(payload: Readonly<Record<string, unknown>> | undefined): string {
  return JSON.stringify({ type: MessageType.Pong, payload });
}

/** The payload is JSON already, perhaps made once for many. */
export function nextMessage(id: string, payload: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":${payload}}`;
}

export function errorMessage(id: string, errors: readonly GraphQLError[]): string {
  return JSON.stringify({ id, type: MessageType.Error, payload: errors.map(formatted) });
}

export function completeMessage(id: string): string {
  return JSON.stringify({ id, type: MessageType.Complete });
}

export function payloadOf({
  data,
  errors,
}: Pick<ExecutionResult, 'data'> & { readonly errors?: readonly GraphQLError[] | undefined }): string {
  return JSON.stringify({ data, errors: errors?.map(formatted) });
}

/** The status an error would have over HTTP is nothing to clients. */
function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions = {}, ...rest } = error.toJSON();
  const { http: _http, ...shown } = extensions;
  return { ...rest, extensions: shown };
}
