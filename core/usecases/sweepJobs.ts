/**
 * Finds the jobs that no message names any more (a crash between put and send, a message that was lost, a claim that
 * ran out without a redelivery) and sends them again; after a bounded number of times they end FAILED with a reason.
 */
import { encodeTime } from 'ulid';
import { isFinal, type Job, type JobPriority } from '../job.ts';
import { advance } from './advance.ts';
import type { Core } from './core.ts';
import { sendMessage } from './enqueue.ts';
import { renewedParams } from './renewedParams.ts';

export interface SweepReport {
  readonly sentAgain: number;
  readonly cancelled: number;
  readonly givenUp: number;
}

/** Jobs looked at a shard and sweep: the oldest. */
const maxPerShard = 1000;
/** A generation that was sent again so often is given up: each time the wait was twice as long. */
export const maxSweeps = 5;
/** While a queue has a backlog, a waiting job most likely has its message in it. */
const backlogFactor = 30;

/** Two sweeps at once do no harm: a message too many finds its job held or ended. @throws {JobError} */
export async function sweepJobs(core: Core): Promise<SweepReport> {
  const backlogs = new Map<JobPriority, Promise<boolean>>();
  const report = { sentAgain: 0, cancelled: 0, givenUp: 0 };

  function tell(action: keyof SweepReport): void {
    report[action] += 1;
    core.telemetry.count('sweeps', { action });
  }

  function hasBacklog(priority: JobPriority): Promise<boolean> {
    const known = backlogs.get(priority) ?? core.queues.depth(priority).then(({ visible }) => visible > 0);
    backlogs.set(priority, known);
    return known;
  }

  async function sweep(job: Job): Promise<void> {
    const log = core.log.child({ jobId: job.jobId, traceId: job.traceId });
    const now = core.clock.now();
    const { params } = await renewedParams(core, job, now);
    if (params !== undefined) await core.table.touch('keepParams', job.jobId, {}, { params });
    if (job.cancelRequested && isLapsed(job, now)) {
      const { ok } = await advance(core, 'cancelAbandoned', job, { facts: { now } });
      if (ok) tell('cancelled');
      return;
    }
    const patienceMs = core.settings.sweepAfterSeconds * 1000 * 2 ** job.sweeps;
    if (now - lastSignOf(job) < patienceMs) return;
    if (await hasBacklog(job.priority)) {
      if (now - lastSignOf(job) < patienceMs * backlogFactor) return;
    } else if (job.sweeps >= maxSweeps) {
      const message = `No worker took the job although it was sent ${maxSweeps + 1} times.`;
      const { ok } = await advance(core, 'giveUp', job, {
        facts: { now },
        error: { code: 'MESSAGE_LOST', message, attempt: job.attempts, at: now },
      });
      if (ok) tell('givenUp');
      log.error('a job was given up: none of its messages was worked on');
      return;
    }
    const { ok } = await core.table.touch('sweep', job.jobId, { now }, { sweeps: job.sweeps + 1, sweptAt: now });
    if (!ok) return;
    await sendMessage(core, job, 0);
    tell('sentAgain');
    log.warn({ status: job.status, sweeps: job.sweeps + 1 }, 'a job that no message named was sent again');
  }

  const before = encodeTime(core.clock.now() - core.settings.sweepAfterSeconds * 1000, 10);
  for await (const jobIds of core.table.listOpen({ before, limit: maxPerShard })) {
    for (let start = 0; start < jobIds.length; start += 100) {
      const jobs = await core.table.getMany(jobIds.slice(start, start + 100));
      for (const job of jobs) if (job !== undefined && !isFinal(job.status)) await sweep(job);
    }
  }
  return report;
}

function isLapsed({ status, claim }: Job, now: number): boolean {
  return status === 'PROCESSING' && (claim === undefined || claim.expiresAt <= now);
}

/** The last time something happened, or was due to happen, to the job. */
function lastSignOf({ updatedAt, notBefore, sweptAt = 0, claim }: Job): number {
  return Math.max(updatedAt, notBefore, sweptAt, claim?.expiresAt ?? 0);
}
