/** Why a job of a workflow stands where it does, in words: what it waits for, and what stopped it. */
import { isFinal } from '../client/job.ts';
import { formatDuration } from './durations.ts';
import { shortWait, waitsForChildren } from './shortWait.ts';
import type { WorkflowJob } from './workflowDocuments.ts';

/** Of the whole workflow, by name. */
export type JobsByName = ReadonlyMap<string, Pick<WorkflowJob, 'status'>>;

export function waitsFor(job: WorkflowJob, jobs: JobsByName, now: number): string {
  const { status, error, startedAt, finishedAt, progress } = job;
  switch (status) {
    case 'PENDING':
      return pendingWords(job, jobs, now);
    case 'PROCESSING': {
      const ran = startedAt === null ? '' : `runs for ${formatDuration(now - Date.parse(startedAt))}`;
      return progress === null ? ran : `${ran}, ${progress} %`;
    }
    case 'SUCCEEDED':
      return startedAt === null || finishedAt === null ? '' : `took ${formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
    case 'CANCELLED':
      return error?.message ?? 'was cancelled';
    case 'FAILED':
    case 'FAILED_FINAL':
      return error?.message ?? '';
  }
}

function pendingWords(job: WorkflowJob, jobs: JobsByName, now: number): string {
  const isOther = job.waitingReason !== null && job.waitingReason !== 'DEPENDENCIES';
  if (isOther || waitsForChildren(job)) return sentence(shortWait(job, now));
  const names = job.dependsOn.map(({ name }) => name);
  const open = names.filter((name) => !isFinal(jobs.get(name)?.status ?? 'PENDING'));
  if (open.length > 0) return `waits for ${listed(open)} to end`;
  const failed = names.filter((name) => jobs.get(name)?.status !== 'SUCCEEDED');
  // Those that end it or let it run have done so by now; what is left waits until somebody acts.
  if (failed.length > 0 && job.waitingReason === 'DEPENDENCIES') return `waits until ${listed(failed)} is retried`;
  return 'waits for its turn';
}

/** What a job waits for is said after `waits`, and other things by themselves. */
function sentence(words: string): string {
  return /^(for|until) /.test(words) ? `waits ${words}` : words;
}

const mostNamed = 3;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed);
  if (names.length > mostNamed) return `${shown.join(', ')} and ${names.length - mostNamed} more`;
  return [shown.slice(0, -1).join(', '), ...shown.slice(-1)].filter((part) => part !== '').join(' and ');
}
