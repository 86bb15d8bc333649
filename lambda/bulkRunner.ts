/** Bulk operations, continued every minute, or more often. */
import type { Core } from '../core/usecases/core.ts';
import { runBulkOperations } from '../core/usecases/runBulkOperations.ts';

/** Shorter than the time that a run has in AWS, where the next one comes with the next minute. */
const forMs = 45_000;

/** Several runs at once share the operations. Ends soon where the signal fires: another run goes on. */
export function createBulkRunner(core: Core): (signal?: AbortSignal) => Promise<void> {
  return (signal) => runBulkOperations(core, { forMs, signal });
}
