/** A client's WebSocket with what the server keeps for it: fields of one object, for there are tens of thousands. */
import { WebSocket } from 'ws';
import type { Identity } from '../auth.ts';

/** An operation that runs on a socket. */
export interface Running {
  /** Nobody wants more of it. Twice is fine. */
  end(): void;
}

export class ClientSocket extends WebSocket {
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

  /** Asks the client to connect elsewhere. */
  end(): void {
    this.close(1001, 'Going away');
  }
}

/** Whole seconds of a clock that is never set: small integers take no memory of their own. */
export function seconds(): number {
  return Math.floor(performance.now() / 1000);
}
