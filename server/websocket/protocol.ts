/**
 * The server's side of graphql-transport-ws (PROTOCOL.md of graphql-ws): which message does what in which state. No
 * sockets and no GraphQL: those who have them are told through `ProtocolHost`.
 *
 * Spoken here, and not by graphql-ws' server, so that an idle watcher costs little more than its socket.
 */
import { CloseCode, MessageType, parseMessage, type Message, type SubscribeMessage } from 'graphql-ws';
import type { RunningOperations } from '../execution/runningOperations.ts';
import { ackMessage, pongMessage } from './messages.ts';

/** One client, as far as the protocol sees it: fields of one object, for there are tens of thousands. */
export interface Peer {
  phase: 'open' | 'initialising' | 'acknowledged';
  /** By the id that the client gave. */
  readonly running: RunningOperations;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface ProtocolHost<Client extends Peer> {
  /** Whether the client is let in; where it is not, with which code and why. It may be gone by the answer. */
  admit(client: Client, connectionParams: Readonly<Record<string, unknown>>): Promise<'admitted' | 'gone' | Rejection>;
  /** Begins an operation that the protocol allows: `id` is one of `client.running` until it has ended. */
  begin(client: Client, id: string, payload: SubscribeMessage['payload'], text: string): Promise<void>;
}

export interface Rejection {
  readonly code: number;
  readonly reason: string;
}

/** Whoever is not known yet has a token to send, and nothing else. */
const maxStrangerLength = 16 * 1024;

/** What a client sent as text. Rejects only with what the host throws. */
export async function receive<Client extends Peer>(client: Client, text: string, host: ProtocolHost<Client>): Promise<void> {
  if (client.phase !== 'acknowledged' && text.length > maxStrangerLength) return client.close(CloseCode.BadRequest, 'Message too large');
  const message = messageOf(text);
  switch (message?.type) {
    case MessageType.ConnectionInit:
      return initialise(client, message.payload ?? {}, host);
    case MessageType.Ping:
      return client.send(pongMessage(message.payload));
    case MessageType.Pong:
      return undefined;
    case MessageType.Subscribe:
      if (client.phase !== 'acknowledged') return client.close(CloseCode.Unauthorized, 'Unauthorized');
      if (message.id.length > maxIdLength) return client.close(CloseCode.BadRequest, `An id has at most ${maxIdLength} characters`);
      if (client.running.has(message.id)) return client.close(CloseCode.SubscriberAlreadyExists, alreadyExists(message.id));
      return host.begin(client, message.id, message.payload, text);
    case MessageType.Complete:
      // One that has ended, or never was, is nothing to complain of: messages cross on their way.
      client.running.get(message.id)?.end();
      return client.running.delete(message.id);
    // No message at all, or what only servers say.
    case undefined:
    case MessageType.ConnectionAck:
    case MessageType.Next:
    case MessageType.Error:
      return client.close(CloseCode.BadRequest, 'Invalid message received');
  }
}

/** Each is kept as long as its operation runs, and said again with each event. */
const maxIdLength = 256;

/** Frames that hold no text: messages are JSON, which is text. */
export function receiveBinary(client: Peer): void {
  client.close(CloseCode.BadRequest, 'Invalid message received');
}

/** The time for a `connection_init` is over. */
export function initTimedOut(client: Peer): void {
  if (client.phase === 'open') client.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
}

/** The client agreed to no subprotocol of ours. */
export function rejectSubprotocol(client: Peer): void {
  client.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
}

async function initialise<Client extends Peer>(
  client: Client,
  connectionParams: Readonly<Record<string, unknown>>,
  host: ProtocolHost<Client>,
): Promise<void> {
  if (client.phase !== 'open') return client.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
  client.phase = 'initialising';
  const admission = await host.admit(client, connectionParams);
  if (admission === 'gone') return undefined;
  if (admission !== 'admitted') return client.close(admission.code, admission.reason);
  client.phase = 'acknowledged';
  return client.send(ackMessage());
}

function messageOf(text: string): Message | undefined {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}

/** A close frame's reason has at most 123 bytes (RFC 6455, 5.5). */
function alreadyExists(id: string): string {
  const reason = `Subscriber for ${id} already exists`;
  return Buffer.byteLength(reason) <= 123 ? reason : 'Subscriber already exists';
}
