/** What a resolver is given: the use cases' core, who asks, and how this request is traced and ended. */
import type { Log } from '../core/log.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Watches } from '../core/usecases/watchJob.ts';

export interface ApiContext {
  readonly core: Core;
  readonly watches: Watches;
  /** Whose jobs these are; nobody else's are ever read. */
  readonly owner: string;
  /** 32 hexadecimal digits, as in W3C Trace Context. */
  readonly traceId: string;
  readonly log: Log;
  /** From the `Idempotency-Key` header, where there was one. */
  readonly idempotencyKey?: string | undefined;
  /** Fires when the client is gone or the server shuts down. */
  readonly signal: AbortSignal;
}
