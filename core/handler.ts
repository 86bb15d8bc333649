/** What a handler is: a function of a job's params that may be aborted, reports progress, and may run more than once. */
import type { JobTypeName, ParamsOf, ResultOf } from './jobType.ts';
import type { Log } from '../telemetry/log.ts';

export interface HandlerContext {
  /** Fires on timeout, cancel, a lost claim, or shutdown; its reason tells which. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt of a generation. */
  readonly attempt: number;
  /** The same at every attempt of this job: makes effects outside safe to repeat. */
  readonly idempotencyKey: string;
  readonly log: Log;
  /** Percent, 0 to 100. Cheap: reports are conflated before they leave the worker. */
  progress(percent: number): void;
}

/** @throws {PermanentError} where trying again cannot help; any other error is an attempt that failed. */
export type Handler<Name extends JobTypeName> = (params: ParamsOf<Name>, context: HandlerContext) => Promise<ResultOf<Name>>;

/** One handler for each job type: a type without one does not compile. */
export type Handlers = { readonly [Name in JobTypeName]: Handler<Name> };
