/** What a handler is: a function of a job's params that may be aborted, reports progress, and may run more than once. */
import { z } from 'zod';
import { PermanentError } from './errors.ts';
import type { JobFailure, JobPriority, JobStatus, JsonValue } from './job.ts';
import type { JobType, ParamsOf, ResultOf } from './jobType.ts';
import type { JobLogger } from './logLine.ts';
import type { ObjectStore } from './objects.ts';

/** The result of waiting for a signal. */
export type ReceivedSignal =
  | { readonly timedOut: false; readonly payload: JsonValue }
  | { readonly timedOut: true; readonly payload?: undefined };

/** A job that a handler makes. It has the same owner as its parent. */
export interface ChildRequest {
  readonly type: string;
  readonly params?: JsonValue | undefined;
  /** Default: that of the parent. */
  readonly priority?: JobPriority | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** A job that has ended: a child, or a dependency of this job. */
export interface EndedJob {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Present where the job has succeeded. */
  readonly result?: JsonValue | undefined;
  readonly error?: JobFailure | undefined;
}

export interface HandlerContext {
  /** Fires on timeout, cancel, a lost claim, or shutdown; its reason tells which. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt of a generation. */
  readonly attempt: number;
  /** The same at every attempt of this job. Use it to make effects outside safe to repeat. */
  readonly idempotencyKey: string;
  /** `log.info(text, fields)`: writes to the worker’s own log and to the job’s log, which everyone who may see the job can read. */
  readonly log: JobLogger;
  /** The files that this job may read and write. */
  readonly objects: ObjectStore;
  /**
   * Does something once: its result (JSON of at most 256 KB) is kept, and returned again at every later attempt and run. If it
   * throws, nothing is kept and the error is passed on. The name must be unique among the steps of a run.
   */
  step<Result>(name: string, work: () => Result | Promise<Result>): Promise<Result>;
  /**
   * Waits, without a slot, for the signal of that name from the job's owner (`sendSignal`), at most so long. A signal that was
   * sent earlier counts. The name must be unique among the signals of a run.
   */
  waitForSignal(name: string, options?: { readonly timeoutSeconds?: number | undefined }): Promise<ReceivedSignal>;
  /**
   * Waits for so many seconds, at most 365 days, without a slot: the job is given back, and afterwards its handler runs again
   * from its start. The name must be unique among the sleeps of a run.
   */
  sleep(name: string, seconds: number): Promise<void>;
  /** In a workflow: the ended jobs that this one depends on, by their names there. Else empty. */
  readonly dependencies: Readonly<Record<string, EndedJob>>;
  /**
   * Makes a job once, under a name that is unique among the children of this job: later attempts and runs find it there. Does
   * not wait for it. At most 1,000 children, nested at most ten levels deep.
   */
  createJob(name: string, request: ChildRequest): Promise<{ readonly jobId: string }>;
  /** Waits, without a slot, until those children have ended, however they ended. Then the handler runs again from its start. */
  waitFor<const Name extends string>(names: readonly Name[]): Promise<Readonly<Record<Name, EndedJob>>>;
  /** Makes a child, waits for it, and returns its result. @throws {PermanentError} where it did not succeed. */
  runJob(name: string, request: ChildRequest): Promise<JsonValue>;
  /** Percent, 0 to 100. Cheap: reports are conflated before they leave the worker. */
  progress(percent: number): void;
}

/** @throws {PermanentError} where trying again cannot help. Any other error is a failed attempt. */
export type Handler<Type extends JobType> = (params: ParamsOf<Type>, context: HandlerContext) => Promise<ResultOf<Type>>;

/** A handler as the worker calls it: it takes the params as they were recorded. */
export interface JobHandler<Type extends JobType = JobType> {
  readonly type: Type;
  /** @throws {PermanentError} also where the recorded params no longer fit the type. Throws the signal's reason once it has fired. */
  run(params: JsonValue, context: HandlerContext): Promise<ResultOf<Type>>;
}

export function defineHandler<Type extends JobType>(type: Type, handler: Handler<Type>): JobHandler<Type> {
  return {
    type,
    async run(recorded, context) {
      const params = z.safeParse<Type['params']>(type.params, recorded);
      if (!params.success) throw new PermanentError(`The params no longer fit the type ${type.name}: ${params.error.message}`);
      try {
        context.signal.throwIfAborted();
        return await handler(params.data, context);
      } catch (error) {
        // Timers, streams and SDKs each reject with an AbortError of their own; the worker reads the signal's reason.
        throw context.signal.aborted ? context.signal.reason : error;
      }
    },
  };
}
