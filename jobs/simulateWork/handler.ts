/** `simulate_work`: waits, reports progress and fails as its params say, for trials, load tests and fault tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import { simulateWork } from './type.ts';

export const handler = defineHandler(simulateWork, async (params, { signal, attempt, progress }) => {
  const { durationMs, failAttempts, failPermanently, steps, payload } = params;
  const startedAt = performance.now();
  for (let step = 1; step <= Math.max(1, steps); step += 1) {
    // Each step ends at its share of the whole duration, so that late timers do not add up.
    const remainingMs = (durationMs * step) / Math.max(1, steps) - (performance.now() - startedAt);
    // Without a duration there is no timer at all: load tests measure the system, not setTimeout.
    if (durationMs > 0 && remainingMs > 0) await sleep(remainingMs, undefined, { signal });
    signal.throwIfAborted();
    if (steps > 0) progress((100 * step) / steps);
  }
  if (failPermanently) throw new PermanentError('failed for good, as told');
  if (attempt <= failAttempts) throw new Error(`failed, as told: attempt ${attempt} of ${failAttempts} that fail`);
  const sleptMs = Math.round(performance.now() - startedAt);
  return payload === undefined ? { attempts: attempt, sleptMs } : { attempts: attempt, sleptMs, payload };
});
