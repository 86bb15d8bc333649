/** A client's WebSocket with the server's state of it: the fields of one object, because there are tens of thousands. */
import type { Duplex } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { WebSocket } from 'ws';
import type { PushedEvent } from '../../core/usecases/watchJob.ts';
import type { Identity } from '../auth.ts';
import type { PushTarget, Running } from '../execution/fanOut.ts';
import { completeMessage, errorMessage } from './messages.ts';
import type { Outlet } from './outlet.ts';
import { endAll, type Peer } from './protocol.ts';

export class ClientSocket extends WebSocket implements Peer, PushTarget {
  /** The `Authorization` header of the request that opened it. */
  authorization: string | undefined;
  phase: 'open' | 'initialising' | 'acknowledged' = 'open';
  /** Known once the connection is acknowledged. */
  identity: Identity | undefined;
  /** By the id that the client gave. */
  readonly running = new Map<string, Running>();
  keptBytes = 0;
  usedAt = seconds();
  pingedAt = this.usedAt;
  awaitsPong = false;
  #wire: Duplex | undefined;
  #outlet: Outlet | undefined;

  /** Once, with the stream that its upgrade handed over. */
  attach(wire: Duplex, outlet: Outlet): void {
    this.#wire = wire;
    this.#outlet = outlet;
  }

  pushNext(id: string, payload: string, _event?: PushedEvent, onFlushed?: () => void): void {
    if (this.#wire !== undefined && this.readyState === this.OPEN) this.#outlet?.next(this.#wire, id, payload, onFlushed);
  }

  pushComplete(id: string): void {
    this.#say(completeMessage(id));
  }

  pushError(id: string, error: GraphQLError): void {
    this.pushErrors(id, [error]);
  }

  pushErrors(id: string, errors: readonly GraphQLError[]): void {
    this.#say(errorMessage(id, errors));
  }

  /** After the close frame nothing is sent any more. */
  #say(text: string): void {
    if (this.#wire !== undefined && this.readyState === this.OPEN) this.#outlet?.text(this.#wire, text);
  }

  /** A client that was asked to leave runs nothing more. */
  override close(code?: number, reason?: string): void {
    endAll(this);
    super.close(code, reason);
  }

  /** Asks the client to reconnect elsewhere. */
  end(): void {
    this.close(1001, 'Going away');
  }
}

/** Whole seconds of a monotonic clock: small integers need no memory of their own. */
export function seconds(): number {
  return Math.floor(performance.now() / 1000);
}
