/** Keeping steps beside a job, and waiting: functions of a handler's context, for one run. */
import { z } from 'zod';
import { PermanentError } from '../core/errors.ts';
import type { HandlerContext } from '../core/handler.ts';
import { isSuspension } from '../core/suspended.ts';
import { awaitSignal, maxSignalTimeoutSeconds, wasSent } from '../core/usecases/awaitSignal.ts';
import { keepStep, readStep, stepResult } from '../core/usecases/keepStep.ts';
import type { KeptDeps } from '../core/usecases/kept.ts';
import { beginSleep, endOfSleep, maxSleepSeconds } from '../core/usecases/sleeps.ts';
import { createUsedNames } from '../core/usecases/usedNames.ts';
import { waitKey } from '../core/waiting.ts';
import type { Claimed } from './claim.ts';
import type { WorkerParts } from './parts.ts';
import type { Suspension } from './suspension.ts';
import { untilAnswered } from './untilAnswered.ts';

export type Waits = Pick<HandlerContext, 'step' | 'sleep' | 'waitForSignal'>;

/** What this process knows, during a receive, of what is kept beside a job. */
export interface Keeping {
  any: boolean;
  /** Whether it may have children. */
  children: boolean;
}

export interface WaitsDeps {
  readonly keeping: Keeping;
  readonly suspension: Suspension;
  readonly attempt: number;
  /** Fires when the run must end, whatever it waits for. */
  readonly signal: AbortSignal;
}

/** The parts of the worker that this depends on. */
export type WaitsParts = Pick<WorkerParts, 'graceOver' | 'random'> & {
  readonly core: KeptDeps;
  readonly breaker: Pick<WorkerParts['breaker'], 'closed'>;
};

export function createWaits(
  parts: WaitsParts,
  { job, log }: Pick<Claimed, 'job' | 'log'>,
  { suspension, attempt, keeping, signal }: WaitsDeps,
): Waits {
  const { core, graceOver } = parts;
  const use = createUsedNames();
  // The handler has never run before: there is nothing to read.
  const isFirstRun = job.version === 2 && attempt === 1;
  const onAway = (error: Error): void => log.warn({ error }, 'the table does not answer a handler; asking again');

  function take(kind: 'step' | 'sleep' | 'signal', name: string): void {
    use(kind, name);
    keeping.any = true;
  }

  function asked<Answer>(ask: () => Promise<Answer>, until = signal): Promise<Answer> {
    return untilAnswered(parts, { ask, signal: until, onAway });
  }

  async function done<Result>(name: string, work: () => Result | Promise<Result>): Promise<Result> {
    // What was kept is the step's result as JSON: another version of the handler may have written it.
    const given = z.custom<Result>();
    const kept = isFirstRun ? undefined : await asked(() => readStep(core, job, name));
    if (kept !== undefined) return given.parse(kept.result);
    signal.throwIfAborted();
    const value = await worked(name, work);
    const result = stepResult(name, value);
    // Also where the run has to end: the step was done.
    return given.parse((await asked(() => keepStep(core, job, name, result), graceOver)).result);
  }

  async function sleep(name: string, seconds: number): Promise<void> {
    const begun = isFirstRun ? undefined : await asked(() => endOfSleep(core, job, name));
    const until = begun ?? (await asked(() => beginSleep(core, job, name, seconds)));
    if (until <= (await asked(() => core.table.time())).low) return;
    suspension.wait({ waiting: { reason: 'SLEEP', until }, isOver: () => Promise.resolve(false) });
  }

  return {
    step: (name, work) =>
      suspension.during(async () => {
        take('step', name);
        return done(name, work);
      }),
    sleep: (name, seconds) =>
      suspension.during(async () => {
        take('sleep', name);
        requireSeconds('sleep', seconds, maxSleepSeconds);
        await sleep(name, seconds);
      }),
    waitForSignal: (name, { timeoutSeconds } = {}) =>
      suspension.during(async () => {
        take('signal', name);
        if (timeoutSeconds !== undefined) requireSeconds('timeout', timeoutSeconds, maxSignalTimeoutSeconds);
        const timeoutMs = timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000;
        const awaited = await asked(() => awaitSignal(core, job, name, timeoutMs));
        if (awaited.kind === 'received') return { timedOut: false, payload: awaited.payload };
        if (awaited.kind === 'timedOut') return { timedOut: true };
        const { until } = awaited;
        return suspension.wait({
          waiting: { reason: 'SIGNAL', for: waitKey(name), ...(until === undefined ? {} : { until }) },
          isOver: () => wasSent(core, job, name),
        });
      }),
  };
}

/** A wait within a step would repeat the step's work after the wait. */
async function worked(name: string, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!isSuspension(error)) throw error;
    throw new PermanentError(`The step "${name}" waits for something: wait before the step, or after it.`, { cause: error });
  }
}

function requireSeconds(what: string, seconds: number, most: number): void {
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= most) return;
  throw new PermanentError(`A ${what} takes 0 to ${most} seconds, not ${seconds}.`);
}
