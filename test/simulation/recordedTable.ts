/** A table that records every write to its jobs, and knows every record, at the moment when the write takes effect. */
import type { Facts } from '../../core/guards.ts';
import type { Job } from '../../core/job.ts';
import type { JobTable, WriteResult } from '../../core/table/jobTable.ts';
import { touchOf, transitionOf } from '../../core/transitions.ts';
import type { Write } from '../faults/history.ts';

export interface RecordedTable {
  readonly table: JobTable;
  readonly writes: readonly Write[];
  /** The present records of the jobs that were created through it. */
  readonly records: ReadonlyMap<string, Job>;
}

interface RecordedWrite {
  readonly guards: readonly string[];
  readonly facts: Partial<Facts>;
  readonly isTransition: boolean;
  readonly isNew?: boolean;
}

export function recordedTable(table: JobTable, now: () => number): RecordedTable {
  const writes: Write[] = [];
  const records = new Map<string, Job>();

  async function recorded(
    writing: Promise<WriteResult>,
    { guards, facts, isTransition, isNew = false }: RecordedWrite,
  ): Promise<WriteResult> {
    const written = await writing;
    // A job that was created elsewhere belongs to another run.
    if (!written.ok || !(isNew || records.has(written.job.jobId))) return written;
    const { job } = written;
    records.set(job.jobId, job);
    const { jobId, version, status, generation, claim, failures, maxFailures, losses, maxLosses, cancelRequested, dueAt, updatedAt } = job;
    writes.push({
      jobId,
      version,
      status,
      generation,
      claimId: claim?.id,
      fence: guards.includes('holdsClaim') ? facts.claimId : undefined,
      isTransition,
      counts: { failures, maxFailures, losses, maxLosses, cancelRequested, dueAt, updatedAt, seenAt: now() },
    });
    return written;
  }

  return {
    writes,
    records,
    table: {
      ...table,
      create: (job) => recorded(table.create(job), { guards: [], facts: {}, isTransition: true, isNew: true }),
      transition: (event, jobId, input) =>
        recorded(table.transition(event, jobId, input), { guards: transitionOf(event).guards, facts: input.facts, isTransition: true }),
      touch: (touch, jobId, facts, changes) =>
        recorded(table.touch(touch, jobId, facts, changes), { guards: touchOf(touch).guards, facts, isTransition: false }),
    },
  };
}
