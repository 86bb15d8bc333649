import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exactly, monotonic } from '../core/clock.ts';
import { JobError } from '../core/errors.ts';
import type { Job } from '../core/job.ts';
import type { JobTable } from '../core/table/jobTable.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { CancelRequested, ClaimLost, CutOff, Starved } from './aborts.ts';
import { holdLease, type Lease } from './lease.ts';

const leaseMs = 600;

interface Held extends Disposable {
  readonly lease: Lease;
  readonly claimedAt: number;
  readonly touched: string[];
  /** Milliseconds from the claim to the lease's end. */
  readonly ended: Promise<number>;
}

/** `answer` decides what becomes of a write under the claim, given the record as it would be. */
function hold(answer: (job: Job) => Promise<Job>): Held {
  const touched: string[] = [];
  const touch: JobTable['touch'] = async (name, _jobId, _facts, { leaseExpiresAt = 0 }) => {
    touched.push(name);
    const job = await answer(makeJob({ status: 'PROCESSING', claim: { id: 'claim', expiresAt: leaseExpiresAt } }));
    return { ok: true, job };
  };
  const table = { touch, time: () => Promise.resolve(exactly(Date.now())) };
  const claimedAt = monotonic();
  const lease = holdLease({
    table,
    job: { jobId: 'job' },
    claimId: 'claim',
    leaseMs,
    claimedAt,
    log: silentLog,
    progress: () => undefined,
  });
  const ended = new Promise<number>((resolve) => {
    lease.signal.addEventListener('abort', () => resolve(monotonic() - claimedAt));
  });
  return { lease, claimedAt, touched, ended, [Symbol.dispose]: lease.stop };
}

test('is renewed at half its time, for as long as it is held', async () => {
  using held = hold((job) => Promise.resolve(job));
  await sleep(3.2 * leaseMs);
  expect(held.lease.signal.aborted).toBe(false);
  expect(held.touched.length).toBeGreaterThanOrEqual(4);
});

test('ends by its own timer when a renewal hangs, as if the worker had lost its connection', async () => {
  using held = hold(() => new Promise(() => undefined));
  const endedMs = await held.ended;
  expect(endedMs).toBeGreaterThanOrEqual(leaseMs);
  expect(endedMs).toBeLessThan(leaseMs * 1.5);
  expect(held.lease.signal.reason).toBeInstanceOf(CutOff);
});

test('is tried again when the table refuses a renewal, and ends when it refuses all of them', async () => {
  using held = hold(() => Promise.reject(new JobError('TABLE_UNAVAILABLE')));
  await held.ended;
  expect(held.touched.length).toBeGreaterThanOrEqual(2);
  expect(held.lease.signal.reason).toBeInstanceOf(CutOff);
});

test('counts from before the renewal was sent, not from its answer', async () => {
  let times = 0;
  using held = hold(async (job) => {
    times += 1;
    if (times > 1) return new Promise(() => undefined);
    await sleep(leaseMs * 0.45);
    return job;
  });
  // Renewed at half its time, answered just before the end: it ends at one and a half times its length.
  const endedMs = await held.ended;
  expect(endedMs).toBeGreaterThanOrEqual(leaseMs * 1.45);
  expect(endedMs).toBeLessThan(leaseMs * 1.9);
});

test('tells a blocked event loop from a table that is away', async () => {
  using held = hold((job) => Promise.resolve(job));
  const until = monotonic() + leaseMs * 1.5;
  while (monotonic() < until);
  await held.ended;
  expect(held.lease.signal.reason).toBeInstanceOf(Starved);
});

test('reports a cancel, and a claim that another worker has', async () => {
  using cancelled = hold((job) => Promise.resolve({ ...job, cancelRequested: true }));
  await cancelled.lease.renew({ progress: 1 });
  expect(cancelled.lease.signal.reason).toBeInstanceOf(CancelRequested);
  using lost = hold((job) => Promise.resolve({ ...job, claim: { id: 'other', expiresAt: 0 } }));
  await lost.lease.renew({ progress: 1 });
  expect(lost.lease.signal.reason).toBeInstanceOf(ClaimLost);
});

test('makes its writes one after the other, and none after its stop', async () => {
  const answers: (() => void)[] = [];
  using held = hold((job) => new Promise((resolve) => answers.push(() => resolve(job))));
  void held.lease.renew({ progress: 1 });
  const failing = held.lease.fail({ failures: 1, error: { code: 'X', message: '', attempt: 1, at: 0 }, dueAt: 5 });
  await sleep(10);
  expect(held.touched).toEqual(['renew']);
  answers[0]?.();
  await expect.poll(() => held.touched).toEqual(['renew', 'fail']);
  answers[1]?.();
  await failing;
  held.lease.stop();
  held.lease.stop();
  await held.lease.renew({ progress: 2 });
  expect(held.touched).toEqual(['renew', 'fail']);
});
