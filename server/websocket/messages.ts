/** The server's messages in graphql-transport-ws, as text. */
import type { GraphQLError } from 'graphql';
import { MessageType } from 'graphql-ws';

export function ackMessage(): string {
  return JSON.stringify({ type: MessageType.ConnectionAck });
}

/** With the ping's payload, if there was one. */
export function pongMessage(payload: Readonly<Record<string, unknown>> | null | undefined): string {
  return JSON.stringify({ type: MessageType.Pong, ...(payload === null || payload === undefined ? {} : { payload }) });
}

/** The text before and after the payload of an event or answer, which is JSON already. */
export function nextHead(id: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":`;
}
export const nextTail = '}';

export function errorMessage(id: string, errors: readonly GraphQLError[]): string {
  return JSON.stringify({ id, type: MessageType.Error, payload: errors });
}

export function completeMessage(id: string): string {
  return JSON.stringify({ id, type: MessageType.Complete });
}
