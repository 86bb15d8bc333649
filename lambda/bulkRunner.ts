/** Bulk operations, which are gone on with every minute, or oftener. */
import type { Core } from '../core/usecases/core.ts';
import { runBulkOperations } from '../core/usecases/runBulkOperations.ts';

/** Below the time that a run has in AWS, where the next one comes with the next minute. */
const forMs = 45_000;

/** Several at once share the operations. Ends soon where the signal fires: another goes on. */
export function createBulkRunner(core: Core): (signal?: AbortSignal) => Promise<void> {
  return (signal) => runBulkOperations(core, { forMs, signal });
}
