/** How many of a workflow's jobs are in which state: a bar, and the same in words. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { JobStatus } from '../client/job.ts';
import { statuses } from './address.ts';
import { statusNames } from './statusBadge.ts';

export interface JobCountsProps {
  readonly counts: readonly { readonly status: JobStatus; readonly count: number }[];
}

/** Finished jobs come first. */
const order: readonly JobStatus[] = ['SUCCEEDED', 'FAILED_FINAL', 'FAILED', 'CANCELLED', 'PROCESSING', 'PENDING'];

export function JobCounts({ counts }: JobCountsProps): ComponentChildren {
  const known = new Map(counts.map(({ status, count }) => [status, count]));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const shown = order.filter((status) => (known.get(status) ?? 0) > 0);
  const words = shown.map((status) => `${(known.get(status) ?? 0).toLocaleString()} ${statusNames[status].toLowerCase()}`).join(', ');
  let x = 0;
  return html`<span class="job-counts">
    <svg class="counts-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      ${shown.map((status) => {
        const width = (100 * (known.get(status) ?? 0)) / Math.max(1, total);
        x += width;
        return html`<rect key=${status} class=${`is-${status}`} x=${x - width} y="0" width=${width} height="6" />`;
      })}
    </svg>
    <span class="counts-words muted">${words}</span>
  </span>`;
}

/** By status, of jobs that are known. */
export function countsOf(jobs: readonly { readonly status: JobStatus | null }[]): JobCountsProps['counts'] {
  return statuses.map((status) => ({ status, count: jobs.filter((job) => job.status === status).length })).filter(({ count }) => count > 0);
}
