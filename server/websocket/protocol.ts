/**
 * The server's side of graphql-transport-ws (PROTOCOL.md of graphql-ws): what each message does in each state. It knows no
 * sockets and no GraphQL: it calls `ProtocolHost` for those.
 *
 * Implemented here instead of with graphql-ws' server, so that an idle watcher costs little more than its socket.
 */
import { CloseCode, MessageType, parseMessage, type Message, type SubscribeMessage } from 'graphql-ws';
import { removeRunning, runningOf, type OperationsHolder } from '../execution/runningOperations.ts';
import { ackMessage, pongMessage } from './messages.ts';

/** One client, as far as the protocol is concerned: the fields of one object, because there are tens of thousands. */
export interface Peer extends OperationsHolder {
  phase: 'open' | 'initialising' | 'acknowledged';
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface ProtocolHost<Client extends Peer> {
  /** Whether the client is let in; if not, the close code and the reason. The client may be gone by then. */
  admit(client: Client, connectionParams: Readonly<Record<string, unknown>>): Promise<'admitted' | 'gone' | Rejection>;
  /** Begins an operation that the protocol allows: the client has it by this id until it has ended. */
  begin(client: Client, id: string, payload: SubscribeMessage['payload'], text: string): Promise<void>;
}

export interface Rejection {
  readonly code: number;
  readonly reason: string;
}

/** A client that is not authenticated yet sends a token, and nothing else. */
const maxStrangerLength = 16 * 1024;

/** Handles a client's text message. Rejects only with what the host throws. */
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
      if (runningOf(client, message.id) !== undefined) return client.close(CloseCode.SubscriberAlreadyExists, alreadyExists(message.id));
      return host.begin(client, message.id, message.payload, text);
    case MessageType.Complete:
      // An operation that has ended, or never existed, is not an error: messages may cross on their way.
      runningOf(client, message.id)?.end();
      return removeRunning(client, message.id);
    // An invalid message, or one that only servers send.
    case undefined:
    case MessageType.ConnectionAck:
    case MessageType.Next:
    case MessageType.Error:
      return client.close(CloseCode.BadRequest, 'Invalid message received');
  }
}

/** Each id is kept as long as its operation runs, and sent with each event. */
const maxIdLength = 256;

/** Frames without text: messages are JSON, which is text. */
export function receiveBinary(client: Peer): void {
  client.close(CloseCode.BadRequest, 'Invalid message received');
}

/** Called when the time for a `connection_init` is over. */
export function initTimedOut(client: Peer): void {
  if (client.phase === 'open') client.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
}

/** The client accepted no subprotocol of this server. */
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
