/** The parts that a transition needs beside those under test: nothing receives, listens or measures. */
import { exactly } from '../../core/clock.ts';
import { createMemoryQueues } from '../../core/queue/memory/queues.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { createMemoryTable } from '../simulation/memoryTable.ts';
import { silentLog } from './silentLog.ts';

export const quietParts = {
  queues: createMemoryQueues({ visibilityTimeoutSeconds: 30, maxReceiveCount: 3, now: Date.now }),
  log: silentLog,
  telemetry: noTelemetry,
};

export function emptyTable(): JobTable {
  return createMemoryTable({ time: () => exactly(Date.now()), now: Date.now, onWrite: () => undefined });
}
