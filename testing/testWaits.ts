/** What the handler of a test job keeps and waits for. Each wait ends the run, and is over when the next run begins. */
import { z } from 'zod';
import { PermanentError } from '../core/errors.ts';
import type { ChildRequest, EndedJob, HandlerContext } from '../core/handler.ts';
import type { JsonValue } from '../core/job.ts';
import type { WaitReason } from '../core/waiting.ts';
import { stepResult, type StepResult } from '../core/usecases/keepStep.ts';
import { createUsedNames } from '../core/usecases/usedNames.ts';
import type { Suspension } from '../worker/suspension.ts';

type Waits = Pick<HandlerContext, 'step' | 'sleep' | 'waitForSignal' | 'dependencies' | 'createJob' | 'waitFor' | 'runJob'>;

export interface TestWaitsOptions {
  readonly idempotencyKey: string;
  readonly signals?: Readonly<Record<string, JsonValue>> | undefined;
  readonly dependencies?: Readonly<Record<string, EndedJob>> | undefined;
  readonly child?: ((name: string, request: ChildRequest) => JsonValue | Promise<JsonValue>) | undefined;
}

export interface TestWaits {
  /** The functions of a context, for one run. */
  ofRun(suspension: Suspension): Waits;
  /** Ends the waits of the previous run. */
  endWaits(): Promise<void>;
  readonly steps: ReadonlyMap<string, StepResult>;
  /** Seconds by name. */
  readonly sleeps: ReadonlyMap<string, number>;
  readonly children: ReadonlyMap<string, ChildRequest>;
}

export function createTestWaits({ idempotencyKey, signals = {}, dependencies = {}, child }: TestWaitsOptions): TestWaits {
  const steps = new Map<string, StepResult>();
  const sleeps = new Map<string, number>();
  const awaited = new Set<string>();
  const children = new Map<string, ChildRequest>();
  /** Undefined: the handler waits for it, and it has not ended. */
  const ended = new Map<string, EndedJob | undefined>();
  const childId = (name: string): string => `${idempotencyKey}-${name}`;

  function ofRun(suspension: Suspension): Waits {
    const take = createUsedNames();

    function wait(reason: WaitReason): never {
      return suspension.wait({ waiting: { reason }, isOver: () => Promise.resolve(false) });
    }

    function create(name: string, request: ChildRequest): void {
      take('child', name);
      if (!children.has(name)) children.set(name, request);
    }

    function endOf(names: readonly string[]): readonly EndedJob[] {
      const missing = names.find((name) => !children.has(name));
      if (missing !== undefined) throw new PermanentError(`There is no child "${missing}": create it before you wait for it.`);
      const jobs = names.map((name) => ended.get(name)).filter((job) => job !== undefined);
      if (jobs.length === names.length) return jobs;
      for (const name of names) ended.set(name, ended.get(name));
      return wait('DEPENDENCIES');
    }

    return {
      dependencies,
      step: <Result>(name: string, work: () => Result | Promise<Result>) =>
        suspension.during(async () => {
          take('step', name);
          const kept = steps.get(name) ?? stepResult(name, await work());
          steps.set(name, kept);
          // The kept value is the step's result as JSON.
          return z.custom<Result>().parse(kept.result);
        }),
      sleep: (name, seconds) =>
        suspension.during(async () => {
          take('sleep', name);
          if (sleeps.has(name)) return;
          sleeps.set(name, seconds);
          wait('SLEEP');
        }),
      waitForSignal: (name, { timeoutSeconds } = {}) =>
        suspension.during(async () => {
          take('signal', name);
          const payload = signals[name];
          if (payload === undefined && timeoutSeconds === undefined) {
            throw new Error(
              `The handler waits for the signal "${name}" without a timeout: give its payload in the test job’s \`signals\`.`,
            );
          }
          if (!awaited.has(name)) {
            awaited.add(name);
            wait('SIGNAL');
          }
          return payload === undefined ? { timedOut: true } : { timedOut: false, payload };
        }),
      createJob: (name, request) =>
        suspension.during(async () => {
          create(name, request);
          return { jobId: childId(name) };
        }),
      waitFor: <const Name extends string>(names: readonly Name[]) =>
        suspension.during(async () => {
          const jobs = endOf(names);
          const byName = Object.fromEntries(names.map((name, index) => [name, jobs[index]]));
          return z.custom<Readonly<Record<Name, EndedJob>>>().parse(byName);
        }),
      runJob: (name, request) =>
        suspension.during(async () => {
          create(name, request);
          const [job] = endOf([name]);
          if (job?.status === 'SUCCEEDED') return job.result ?? null;
          throw new PermanentError(`The child "${name}" ended ${job?.status ?? ''}: ${job?.error?.message ?? ''}`);
        }),
    };
  }

  async function endWaits(): Promise<void> {
    for (const [name, job] of ended) {
      const request = children.get(name);
      if (job === undefined && request !== undefined) ended.set(name, await endedChild(name, request));
    }
  }

  async function endedChild(name: string, request: ChildRequest): Promise<EndedJob> {
    if (child === undefined)
      throw new Error(`The handler waits for its child "${name}": give the test job a \`child\` that does its work.`);
    const jobId = childId(name);
    try {
      return { jobId, status: 'SUCCEEDED', result: await child(name, request) };
    } catch (error) {
      const code = error instanceof PermanentError ? 'PERMANENT' : 'ATTEMPT_FAILED';
      const message = error instanceof Error ? error.message : String(error);
      return { jobId, status: 'FAILED_FINAL', error: { code, message, attempt: 1, at: 0 } };
    }
  }

  return { ofRun, endWaits, steps, sleeps, children };
}
