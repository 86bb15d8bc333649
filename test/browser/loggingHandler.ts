/** `simulate_work` as the dashboard's tests need it: it logs and waits at a gate as its params say. */
import { once } from 'node:events';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler, type JobHandler } from '../../core/handler.ts';
import { z } from 'zod';
import { simulateWork } from '../../jobs/simulateWork/type.ts';

const told = z.object({
  lines: z.number().default(0),
  waits: z.boolean().default(false),
  /** Logs that it should stop, and waits on. */
  isSlowToStop: z.boolean().default(false),
  fails: z.boolean().default(false),
  /** A step to do, and a signal to wait for. */
  step: z.string().optional(),
  signalName: z.string().optional(),
  /** Jobs to create and to wait for: the params of each, by name. */
  children: z.record(z.string(), z.record(z.string(), z.json())).default({}),
});

export interface LoggingHandler {
  readonly handler: JobHandler;
  /** Lets waiting and later runs go on. */
  open(): void;
  /** Later runs wait again. */
  close(): void;
}

export function createLoggingHandler(): LoggingHandler {
  let gate = Promise.withResolvers<void>();
  const handler = defineHandler(simulateWork, async ({ payload, failAttempts }, context) => {
    const { attempt, log, signal, step, waitForSignal, createJob, waitFor } = context;
    const { lines, waits, isSlowToStop, fails, step: stepName, signalName, children } = told.parse(payload ?? {});
    if (stepName !== undefined) await step(stepName, () => 'done');
    if (signalName !== undefined) await waitForSignal(signalName);
    for (const [name, child] of Object.entries(children)) {
      await createJob(name, { type: simulateWork.name, params: { payload: child } });
    }
    if (Object.keys(children).length > 0) await waitFor(Object.keys(children));
    if (lines > 0) log.info('it begins', { attempt });
    if (attempt <= failAttempts) {
      log.error('no answer', { url: 'https://example.com' });
      throw new Error('The mill stands still.');
    }
    for (let line = 1; line <= lines; line += 1) log.info(`row ${line}`, { line });
    if (lines > 0) log.warn('a cell is empty');
    if (waits) await Promise.race([gate.promise, once(signal, 'abort')]);
    if (isSlowToStop && signal.aborted) {
      log.info('it should stop');
      await gate.promise;
    }
    signal.throwIfAborted();
    if (fails) throw new PermanentError('It cannot be read.');
    return { attempts: attempt, sleptMs: 0 };
  });
  return {
    handler,
    open: () => gate.resolve(),
    close: () => (gate = Promise.withResolvers()),
  };
}
