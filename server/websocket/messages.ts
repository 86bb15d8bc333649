/** What the server says in graphql-transport-ws, as text. */
import type { GraphQLError } from 'graphql';
import { MessageType } from 'graphql-ws';

export function ackMessage(): string {
  return JSON.stringify({ type: MessageType.ConnectionAck });
}

/** With the ping's payload, if there was one. */
export function pongMessage(payload: Readonly<Record<string, unknown>> | null | undefined): string {
  return JSON.stringify({ type: MessageType.Pong, ...(payload === null || payload === undefined ? {} : { payload }) });
}

/** The payload is JSON already, perhaps made once for many. */
export function nextMessage(id: string, payload: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":${payload}}`;
}

export function errorMessage(id: string, errors: readonly GraphQLError[]): string {
  return JSON.stringify({ id, type: MessageType.Error, payload: errors });
}

export function completeMessage(id: string): string {
  return JSON.stringify({ id, type: MessageType.Complete });
}
