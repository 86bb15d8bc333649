/** Makes job records for tests: a fresh waiting job, with whatever the test wants different. */
import { monotonicFactory } from 'ulid';
import type { Job, JsonValue, Payload } from '../../core/job.ts';

/** Those of one millisecond come one after the other too. */
const newJobId = monotonicFactory();

export function makeJob(changes: Partial<Job> = {}): Job {
  const now = changes.createdAt ?? Date.now();
  return {
    jobId: newJobId(),
    owner: 'owner-1',
    type: 'simulate_work',
    priority: 'NORMAL',
    params: inline({}),
    status: 'PENDING',
    version: 1,
    generation: 1,
    attempts: 0,
    failures: 0,
    maxFailures: 9,
    losses: 0,
    maxLosses: 3,
    cancelRequested: false,
    history: [{ version: 1, status: 'PENDING', at: now, attempt: 0 }],
    traceId: '0af7651916cd43dd8448eb211c80319c',
    createdAt: now,
    updatedAt: now,
    sweeps: 0,
    writeId: 'first',
    ...changes,
  };
}

/** Params or a result that stand in the record. */
export const inline = (value: JsonValue): Payload => ({ kind: 'inline', value });
