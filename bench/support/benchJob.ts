/** The job type of the benches: works for as long as its params say, and is measured from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineHandler } from '../../core/handler.ts';
import type { Handlers } from '../../core/jobList.ts';
import { createJobTypes, defineJobType } from '../../core/jobType.ts';

const benchWork = defineJobType({
  name: 'bench_work',
  description: 'Works for a while.',
  params: z.strictObject({ durationMs: z.int().min(0).default(0), payload: z.string().optional() }),
  result: z.object({ attempts: z.int() }),
  policy: { timeoutSeconds: 120 },
  example: { durationMs: 20 },
});

export const benchTypes = createJobTypes([benchWork]);

/** `onDone` gets the times at which the handler's work began and ended, by `performance.now()`. */
export function createBenchHandlers({ onDone }: { readonly onDone: (startedAt: number, endedAt: number) => void }): Handlers {
  const handler = defineHandler(benchWork, async ({ durationMs }, { attempt, signal }) => {
    const startedAt = performance.now();
    // Without a duration there is no timer at all: a bench measures the system, not setTimeout.
    if (durationMs > 0) await sleep(durationMs, undefined, { signal });
    onDone(startedAt, performance.now());
    return { attempts: attempt };
  });
  return new Map([[benchWork.name, handler]]);
}
