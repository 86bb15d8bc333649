/** What a resolver is given: the use cases' core, who asks, and how this request is traced and ended. */
import { JobError } from '../core/errors.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Watches } from '../core/usecases/watchJob.ts';
import type { Log } from '../telemetry/log.ts';

export interface ApiContext {
  readonly core: Core;
  readonly watches: Watches;
  /** Who asks: only jobs of theirs are read, unless they are an admin. */
  readonly owner: string;
  readonly isAdmin: boolean;
  /** Of whoever has a watch token: the one job they may watch, and nothing else. */
  readonly onlyJobId?: string | undefined;
  /** Absent where there is no secret to sign with. `expiresAt` is in milliseconds since the epoch. */
  readonly signWatchToken?:
    | ((request: { readonly owner: string; readonly jobId: string; readonly expiresAt: number }) => Promise<string>)
    | undefined;
  /** Counts so many beginnings towards what the caller may begin. @throws {JobError} `RATE_LIMITED`. */
  readonly spend: (count: number) => Promise<void>;
  /** 32 hexadecimal digits, as in W3C Trace Context. */
  readonly traceId: string;
  readonly log: Log;
  /** From the `Idempotency-Key` header, where there was one. */
  readonly idempotencyKey?: string | undefined;
  /** From the `Last-Event-ID` header: what a watch over SSE had seen before it broke off. */
  readonly lastEventId?: { readonly jobId: string | undefined; readonly version: number } | undefined;
  /** Fires when the client is gone; with a `JobError` as its reason where the client is to read why. */
  readonly signal: AbortSignal;
}

/** Whose jobs are meant where a client may name an owner. @throws {JobError} `FORBIDDEN`, whether there is such an owner or not. */
export function ownerMeant({ owner, isAdmin }: Pick<ApiContext, 'owner' | 'isAdmin'>, named: string | null | undefined): string {
  if (named === null || named === undefined || named === owner) return owner;
  if (!isAdmin) throw new JobError('FORBIDDEN');
  return named;
}
