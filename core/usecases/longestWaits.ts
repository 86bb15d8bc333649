/** How long the longest waits for a worker are: from the jobs' records, since only these show which jobs wait. */
import type { ServiceTime } from '../clock.ts';
import type { Job, JobPriority } from '../job.ts';
import { verdictOn } from '../verdict.ts';

/** Milliseconds. */
export type Waits = Readonly<Record<JobPriority, number>>;

export const noWaits: Waits = { HIGH: 0, NORMAL: 0, LOW: 0 };

/** A queue cannot tell: messages in flight, and those in a backoff, look to it like messages that grow old. */
export function longestWaits(jobs: readonly Job[], now: ServiceTime): Waits {
  const longest = { ...noWaits };
  for (const job of jobs) {
    if (verdictOn(job, now).kind !== 'run') continue;
    const { updatedAt, dueAt = 0, claim, priority } = job;
    longest[priority] = Math.max(longest[priority], now.low - Math.max(updatedAt, dueAt, claim?.expiresAt ?? 0));
  }
  return longest;
}

export function longerOf(one: Waits, other: Waits): Waits {
  return { HIGH: Math.max(one.HIGH, other.HIGH), NORMAL: Math.max(one.NORMAL, other.NORMAL), LOW: Math.max(one.LOW, other.LOW) };
}
