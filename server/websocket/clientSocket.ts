/** A client's WebSocket with the server's state of it: the fields of one object, because there are tens of thousands. */
import type { Duplex } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { WebSocket } from 'ws';
import type { PushedEvent } from '../../core/usecases/watchJob.ts';
import type { Identity } from '../auth.ts';
import type { OpenAnswer } from '../execution/answerSizes.ts';
import type { PushTarget } from '../execution/fanOut.ts';
import { endAllRunning, type RunningOperations } from '../execution/runningOperations.ts';
import { completeMessage, errorMessage } from './messages.ts';
import type { Outlet, Sink } from './outlet.ts';
import type { Peer } from './protocol.ts';

/** Shared by all sockets of a server, and called for their events: listeners would need a table for each socket. */
export interface SocketHost {
  readonly outlet: Outlet;
  /** So many bytes have arrived, from which ws builds messages later. */
  onBytes(socket: ClientSocket, count: number): void;
  onMessage(socket: ClientSocket, data: Buffer, isBinary: boolean): void;
  /** Pings are answered as long as the client reads. */
  mayAnswerPing(socket: ClientSocket): boolean;
  onError(error: unknown): void;
  onClose(socket: ClientSocket): void;
}

export class ClientSocket extends WebSocket implements Peer, PushTarget, Sink {
  /** The `Authorization` header of the request that opened it. */
  authorization: string | undefined;
  phase: 'open' | 'initialising' | 'acknowledged' = 'open';
  /** Known once the connection is acknowledged. */
  identity: Identity | undefined;
  running: RunningOperations;
  keptBytes = 0;
  usedAt = seconds();
  pingedAt = this.usedAt;
  awaitsPong = false;
  /** Bytes of a message that is not complete yet. */
  unfinishedBytes = 0;
  /** Where these bytes are counted for its owner. */
  unfinished: OpenAnswer | undefined;
  wire: Duplex | undefined;
  held: Sink['held'];
  #host: SocketHost | undefined;

  /** Once, with the stream that its upgrade handed over. */
  attach(wire: Wire, host: SocketHost): void {
    this.wire = wire;
    this.#host = host;
    wire[client] = this;
    // First the bytes, then the message that they may have completed.
    wire.prependListener('data', countBytes);
  }

  get unsentBytes(): number {
    return (this.wire?.writableLength ?? 0) + (this.held?.length ?? 0);
  }

  /** Sends in order with the pushed frames. */
  override send(text: string): void {
    if (this.readyState === this.OPEN) this.#host?.outlet.text(this, text);
  }

  pushNext(id: string, payload: string, _event?: PushedEvent, onFlushed?: () => void): void {
    if (this.readyState === this.OPEN) this.#host?.outlet.next(this, id, payload, onFlushed);
  }

  pushComplete(id: string): void {
    this.send(completeMessage(id));
  }

  pushError(id: string, error: GraphQLError): void {
    this.pushErrors(id, [error]);
  }

  pushErrors(id: string, errors: readonly GraphQLError[]): void {
    this.send(errorMessage(id, errors));
  }

  bytesCame(count: number): void {
    this.#host?.onBytes(this, count);
  }

  override emit(name: string | symbol, ...values: unknown[]): boolean {
    const [data, isBinary] = values;
    if (name === 'message' && Buffer.isBuffer(data)) this.#host?.onMessage(this, data, isBinary === true);
    else if (name === 'ping' && Buffer.isBuffer(data)) this.#answerPing(data);
    else if (name === 'pong') this.awaitsPong = false;
    else if (name === 'close') this.#host?.onClose(this);
    else if (name === 'error') this.#host?.onError(data);
    // An `error` event without a listener would be thrown.
    return name === 'error' || super.emit(name, ...values);
  }

  /** A client that was asked to leave runs nothing more, and nothing is sent after the close frame. */
  override close(code?: number, reason?: string): void {
    endAllRunning(this);
    this.#host?.outlet.flush(this);
    super.close(code, reason);
  }

  /** Asks the client to reconnect elsewhere. */
  end(): void {
    this.close(1001, 'Going away');
  }

  #answerPing(data: Buffer): void {
    if (this.readyState !== this.OPEN) return;
    if (this.#host?.mayAnswerPing(this) === true) this.pong(data);
    else this.terminate();
  }
}

/** From a stream to its socket, so that all streams share one listener function. */
const client = Symbol('client');

interface Wire extends Duplex {
  [client]?: ClientSocket;
}

function countBytes(this: Wire, chunk: Buffer): void {
  this[client]?.bytesCame(chunk.length);
}

/** Whole seconds of a monotonic clock: small integers need no memory of their own. */
export function seconds(): number {
  return Math.floor(performance.now() / 1000);
}
