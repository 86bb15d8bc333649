/** The ticks of schedules, run every minute, or more often. */
import type { Core } from '../core/usecases/core.ts';
import { tickSchedules } from '../core/usecases/tickSchedules.ts';

/** Shorter than the time that a run has in AWS. The rest is done by the next run. */
const forMs = 20_000;

/** Several runs at once make one job per tick. */
export function createTicker(core: Core): () => Promise<void> {
  return async () => void (await tickSchedules(core, forMs));
}
