/** Carries operations to the API and answers back: one WebSocket, or HTTP with Server-Sent Events. */
import type { AnsweredError } from './errors.ts';
import type { Tokens } from './tokens.ts';

export interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export interface Answer<Data> {
  readonly data?: Data | null | undefined;
  readonly errors?: readonly AnsweredError[] | undefined;
}

/** `idle`: nothing needs a connection. `lost`: something does, and it is being tried again. */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'lost';

export interface Transport {
  /**
   * One operation. Ends when the server says that nothing more will come, or when the signal fires.
   * @throws {JobTicketsError} `CONNECTION_LOST`, `UNAUTHENTICATED` (`TokenRefused` where another token is worth a try),
   * `BAD_REQUEST`.
   */
  run<Data>(operation: Operation, signal?: AbortSignal): AsyncGenerator<Answer<Data>, void, void>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly url: string;
  readonly tokens: Tokens;
  readonly onState: (state: ConnectionState) => void;
}
