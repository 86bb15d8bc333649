/** The ticks of schedules, which run every minute, or oftener. */
import type { Core } from '../core/usecases/core.ts';
import { tickSchedules } from '../core/usecases/tickSchedules.ts';

/** Below the time that a run has in AWS. What is left is the next run’s. */
const forMs = 20_000;

/** Several at once make one job a tick. */
export function createTicker(core: Core): () => Promise<void> {
  return async () => void (await tickSchedules(core, forMs));
}
