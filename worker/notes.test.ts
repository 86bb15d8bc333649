import { expect, test, vi } from 'vitest';
import { exactly, monotonic } from '../core/clock.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { createMemoryTable } from '../test/simulation/memoryTable.ts';
import { holdLease } from './lease.ts';

test.for(['lost', 'unanswered'] as const)('a failure whose write was %s is recorded once, with the next renewal', async (luck) => {
  let bad = 0;
  const table = createMemoryTable({
    time: () => exactly(Date.now()),
    now: Date.now,
    onWrite: () => undefined,
    luck: (request) => (request === 'touch' && (bad -= 1) >= 0 ? luck : 'fine'),
  });
  const leaseMs = 400;
  const { jobId } = makeJob();
  const claim = { id: 'claim', expiresAt: Date.now() + leaseMs };
  await table.create(makeJob({ jobId, status: 'PROCESSING', claim, attempts: 1 }));
  const lease = holdLease({
    table,
    job: { jobId },
    claimId: claim.id,
    leaseMs,
    claimedAt: monotonic(),
    log: silentLog,
    progress: () => undefined,
  });
  bad = 1;
  const error = { code: 'ATTEMPT_FAILED', message: 'as asked', attempt: 1, at: 1 };
  const dueAt = Date.now() + 60_000;
  await lease.fail({ failures: 1, error, dueAt });
  await vi.waitFor(() => expect(table.jobs.get(jobId)).toMatchObject({ failures: 1, dueAt, error }));
  // And it is still held, whatever became of the write.
  const { expiresAt } = table.jobs.get(jobId)?.claim ?? { expiresAt: 0 };
  await vi.waitFor(() => expect(table.jobs.get(jobId)?.claim?.expiresAt).toBeGreaterThan(expiresAt));
  expect(lease.signal.aborted).toBe(false);
  lease.stop();
});
