/**
 * Opens when the table does not answer. The worker then receives nothing, calls that need the table wait here, and one probe at
 * a time finds out when it is back. So an outage uses up no receives, and work resumes in order at its end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';
import { JobError } from '../core/errors.ts';
import type { JobTable } from '../core/table/jobTable.ts';
import type { Log } from '../telemetry/log.ts';

export interface Breaker {
  /** The table; each of its failures opens the breaker. */
  readonly table: JobTable;
  isOpen(): boolean;
  /** Resolves when the breaker is closed, or stopped. */
  closed(): Promise<void>;
  /** Makes no more probes. */
  stop(): void;
}

export interface BreakerDeps {
  readonly table: JobTable;
  readonly random: () => number;
  readonly log: Log;
}

/** The time between probes. With the time that a probe may take, it bounds how late the table's return is noticed. */
const probing = { baseMs: 100, maxMs: 2000 };
const probeTimeoutMs = 2000;
/** There is no such job. */
const probedId = 'probe';

export function createBreaker({ table, random, log }: BreakerDeps): Breaker {
  const stopped = new AbortController();
  let open: Promise<void> | undefined;

  /** Looks at a failure before the caller does. */
  function watched<Answer>(call: Promise<Answer>): Promise<Answer> {
    call.catch(failed);
    return call;
  }

  function failed(reason: unknown): void {
    if (!(reason instanceof JobError) || reason.code !== 'TABLE_UNAVAILABLE') return;
    if (open === undefined) log.warn({ error: reason }, 'the table does not answer; nothing is received until it does');
    open ??= untilItAnswers().finally(() => (open = undefined));
  }

  async function untilItAnswers(): Promise<void> {
    for (let failures = 1; !stopped.signal.aborted; failures += 1) {
      await sleep(backoffMs(probing, failures, random), undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      if (await answers()) return log.info({ failures }, 'the table answers again');
    }
  }

  /** A request that hangs has no answer, though it may still be in flight. */
  async function answers(): Promise<boolean> {
    const timer = new AbortController();
    const probe = table.get(probedId).then(
      () => true,
      () => false,
    );
    const timeout = sleep(probeTimeoutMs, false, { signal: timer.signal }).catch(() => false);
    const answered = await Promise.race([probe, timeout]);
    timer.abort();
    return answered;
  }

  return {
    table: {
      ...table,
      get: (...args) => watched(table.get(...args)),
      transition: (...args) => watched(table.transition(...args)),
      touch: (...args) => watched(table.touch(...args)),
      time: () => watched(table.time()),
    },
    isOpen: () => open !== undefined,
    closed: () => open ?? Promise.resolve(),
    stop: () => stopped.abort(),
  };
}
