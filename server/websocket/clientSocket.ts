/** A client's WebSocket with what the server keeps for it: fields of one object, for there are tens of thousands. */
import type { GraphQLError } from 'graphql';
import { WebSocket } from 'ws';
import type { WatchedEvent } from '../../core/usecases/watchJob.ts';
import type { Identity } from '../auth.ts';
import type { PushTarget, Running } from '../execution/fanOut.ts';
import { completeMessage, errorMessage, nextMessage } from './messages.ts';
import type { Peer } from './protocol.ts';

export class ClientSocket extends WebSocket implements Peer, PushTarget {
  /** What the request that opened it sent as `Authorization`. */
  authorization: string | undefined;
  phase: 'open' | 'initialising' | 'acknowledged' = 'open';
  /** Known once it is acknowledged. */
  identity: Identity | undefined;
  /** By the id that the client gave. */
  readonly running = new Map<string, Running>();
  usedAt = seconds();
  pingedAt = this.usedAt;
  awaitsPong = false;

  pushNext(id: string, payload: string, _event: WatchedEvent, onFlushed?: () => void): void {
    this.send(nextMessage(id, payload), onFlushed);
  }

  pushComplete(id: string): void {
    this.send(completeMessage(id));
  }

  pushError(id: string, error: GraphQLError): void {
    this.send(errorMessage(id, [error]));
  }

  /** Asks the client to connect elsewhere. */
  end(): void {
    this.close(1001, 'Going away');
  }
}

/** Whole seconds of a clock that is never set: small integers take no memory of their own. */
export function seconds(): number {
  return Math.floor(performance.now() / 1000);
}
