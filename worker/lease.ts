/**
 * The hold on a claimed job: renewed at half its time, and given up by its own timer at its end. The timer counts on the
 * monotonic clock from before the last accepted renewal was sent. So the worker stops in time without any answer, and no other
 * worker can have taken the job before.
 *
 * Writes under the claim go one after the other: none lands after a later one.
 */
import { monotonic } from '../core/clock.ts';
import type { Job, JobFailure } from '../core/job.ts';
import type { JobTable } from '../core/table/jobTable.ts';
import type { Log } from '../telemetry/log.ts';
import { CancelRequested, ClaimLost, CutOff, Starved } from './aborts.ts';

/** A failed attempt, as the record counts it. */
export interface NotedFailure {
  /** The number of failures, including this one. */
  readonly failures: number;
  readonly error: JobFailure;
  /** When the next attempt may begin; absent after the last. In the service's time. */
  readonly dueAt?: number | undefined;
}

export interface Lease {
  /** Fires when the handler must stop: with `CancelRequested`, `ClaimLost`, `CutOff` or `Starved`. */
  readonly signal: AbortSignal;
  /** Writes these along with a renewal. Never rejects: the next renewal is soon. */
  renew(changes: { readonly attempts?: number; readonly progress?: number | null | undefined }): Promise<void>;
  /** Counts a failure. Never rejects: what is not written now is written with the next renewal, or with the outcome. */
  fail(failure: NotedFailure): Promise<void>;
  /** Writes nothing more. A write in flight is fenced by the claim. May be called twice. */
  stop(): void;
}

export interface LeaseDeps {
  readonly table: Pick<JobTable, 'touch' | 'time'>;
  readonly job: Pick<Job, 'jobId'>;
  readonly claimId: string;
  readonly leaseMs: number;
  /** When the claim was sent, by the monotonic clock. */
  readonly claimedAt: number;
  readonly log: Log;
  /** To be written along with a renewal. */
  readonly progress: () => number | undefined;
}

export function holdLease({ table, job, claimId, leaseMs, claimedAt, log, progress }: LeaseDeps): Lease {
  const { jobId } = job;
  const over = new AbortController();
  const renewalMs = leaseMs / 2;
  let endsAt = claimedAt + leaseMs;
  let renewAt = claimedAt + renewalMs;
  /** Whether the event loop has kept the timer from running, since the last accepted renewal. */
  let wasLate = false;
  let hasLooked = false;
  /** A failure that is not known to be recorded: it is written with the next renewal. */
  let unnoted: NotedFailure | undefined;
  let isStopped = false;
  let writing: Promise<void> = Promise.resolve();

  function write(touch: 'renew' | 'fail', facts: { readonly failures?: number }, changes: Parameters<JobTable['touch']>[3]): Promise<void> {
    const after = writing;
    writing = (async () => {
      await after;
      if (isStopped || over.signal.aborted) return;
      const sentAt = monotonic();
      try {
        const leaseExpiresAt = (await table.time()).high + leaseMs;
        const { job: present } = await table.touch(touch, jobId, { ...facts, claimId, leaseExpiresAt }, { ...changes, leaseExpiresAt });
        learn(present, sentAt, leaseExpiresAt);
      } catch (error) {
        if (!isStopped) log.warn({ error, touch }, 'the claim could not be renewed');
      }
    })();
    return writing;
  }

  function learn(present: Job | undefined, sentAt: number, leaseExpiresAt: number): void {
    if (isStopped) return;
    const claim = present?.status === 'PROCESSING' ? present.claim : undefined;
    if ((present?.failures ?? 0) >= (unnoted?.failures ?? 0)) unnoted = undefined;
    if (claim?.id !== claimId) return over.abort(new ClaimLost('the claim is not held any more'));
    // The failure was refused because it was written before, or it is written now: the record says.
    if (claim.expiresAt >= leaseExpiresAt) {
      endsAt = Math.max(endsAt, sentAt + leaseMs);
      renewAt = sentAt + renewalMs;
      wasLate = false;
    }
    if (present?.cancelRequested === true) over.abort(new CancelRequested('a cancel was asked for'));
  }

  let timer = setTimeout(onTime, renewalMs);
  let isRenewing = false;

  function onTime(): void {
    if (isStopped || over.signal.aborted) return;
    const now = monotonic();
    if (now >= endsAt) return end(now);
    hasLooked = false;
    if (now >= renewAt && !isRenewing) {
      wasLate ||= now - renewAt > leaseMs / 4;
      // If refused or unanswered, it is tried again well before the end.
      renewAt = now + leaseMs / 10;
      isRenewing = true;
      void renew({ progress: progress() }).finally(() => {
        isRenewing = false;
        again();
      });
    }
    again();
  }

  function renew(changes: Parameters<Lease['renew']>[0]): Promise<void> {
    if (unnoted === undefined) return write('renew', {}, changes);
    const { failures, error, dueAt } = unnoted;
    return write('fail', { failures }, { failures, error, dueAt: dueAt ?? null, ...changes });
  }

  function again(): void {
    if (isStopped || over.signal.aborted) return;
    clearTimeout(timer);
    const next = isRenewing ? endsAt : Math.min(endsAt, renewAt);
    timer = setTimeout(onTime, Math.max(1, next - monotonic()));
  }

  function end(now: number): void {
    wasLate ||= now - endsAt > leaseMs / 4;
    // After the loop was blocked, an answer may lie unread.
    if (!hasLooked) {
      hasLooked = true;
      timer = setTimeout(onTime, 1);
      return;
    }
    over.abort(
      wasLate
        ? new Starved('the event loop was blocked until the lease was over')
        : new CutOff('the table accepted no renewal until the lease was over'),
    );
  }

  return {
    signal: over.signal,
    renew,
    fail(failure) {
      unnoted = failure;
      return renew({});
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
