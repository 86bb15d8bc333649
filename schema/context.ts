/** What a resolver is given: the use cases' core, the caller, and how this request is traced and ended. */
import { JobError } from '../core/errors.ts';
import type { JsonSize } from '../core/jsonSize.ts';
import type { Budget } from '../core/limits/rateLimiter.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Watches } from '../core/usecases/watchJob.ts';
import type { WorkerView } from '../core/usecases/workers.ts';
import type { Log } from '../telemetry/log.ts';

/** The size of the answer while payloads are loaded for it. */
export interface AnswerSize {
  /** @throws {JobError} `RESPONSE_TOO_LARGE`; `RATE_LIMITED` where the caller's other answers are not sent yet. */
  add(size: JsonSize): void;
}

export interface ApiContext {
  readonly core: Core;
  readonly watches: Watches;
  /** The running workers, as they were a moment ago. */
  readonly workers: WorkerView;
  /** The caller: only their own jobs are read, unless they are an admin. */
  readonly owner: string;
  readonly isAdmin: boolean;
  /** For the bearer of a watch token: the one job that they may watch. */
  readonly onlyJobId?: string | undefined;
  /** Absent where there is no secret to sign with. `expiresAt` is in milliseconds since the epoch. */
  readonly signWatchToken?:
    | ((request: { readonly owner: string; readonly jobId: string; readonly expiresAt: number }) => Promise<string>)
    | undefined;
  /** May pause, resume and limit what runs. */
  readonly mayOperate: boolean;
  /** Counts so many operations of this kind against the caller's limit. @throws {JobError} `RATE_LIMITED`. */
  readonly spend: (budget: Budget, count: number) => Promise<void>;
  /** The payloads that the answer contains. */
  readonly answer: AnswerSize;
  /** 32 hexadecimal digits, as in W3C Trace Context. */
  readonly traceId: string;
  readonly log: Log;
  /** From the `Idempotency-Key` header, where there was one. */
  readonly idempotencyKey?: string | undefined;
  /** From the `Last-Event-ID` header: the last event that a watch over SSE had received before it broke off. */
  readonly lastEventId?:
    | { readonly jobId: string | undefined; readonly version: number | undefined; readonly position: string }
    | undefined;
  /** Fires when the client is gone; with a `JobError` as its reason where the client should read why. */
  readonly signal: AbortSignal;
}

/**
 * Undefined: all owners. @throws {JobError} `FORBIDDEN` for a caller who is no admin and asks for more than their own;
 * `BAD_USER_INPUT` for one owner and all owners together.
 */
export function ownersMeant(
  context: Pick<ApiContext, 'owner' | 'isAdmin'>,
  { owner, allOwners }: { readonly owner?: string | null | undefined; readonly allOwners?: boolean | null | undefined },
): string | undefined {
  if (allOwners !== true) return ownerMeant(context, owner);
  if (!context.isAdmin) throw new JobError('FORBIDDEN');
  if (owner === null || owner === undefined) return undefined;
  throw new JobError('BAD_USER_INPUT', { message: 'Name an owner or ask for all owners, not both.', path: ['allOwners'] });
}

/** The owner of the jobs where a client may name one. @throws {JobError} `FORBIDDEN`, whether there is such an owner or not. */
export function ownerMeant({ owner, isAdmin }: Pick<ApiContext, 'owner' | 'isAdmin'>, named: string | null | undefined): string {
  if (named === null || named === undefined || named === owner) return owner;
  if (!isAdmin) throw new JobError('FORBIDDEN');
  return named;
}
