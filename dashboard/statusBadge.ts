/** A job's state in a word and a colour. */
import { h, type ComponentChildren } from 'preact';
import type { JobStatus } from '../client/job.ts';

export const statusNames: Readonly<Record<JobStatus, string>> = {
  PENDING: 'Pending',
  PROCESSING: 'Processing',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Not queued',
  FAILED_FINAL: 'Failed',
  CANCELLED: 'Cancelled',
};

const meanings: Readonly<Record<JobStatus, string>> = {
  PENDING: 'PENDING: waits for a worker',
  PROCESSING: 'PROCESSING: a worker holds it',
  SUCCEEDED: 'SUCCEEDED: done',
  FAILED: 'FAILED: could not be queued; retry it',
  FAILED_FINAL: 'FAILED_FINAL: failed for good, after all attempts',
  CANCELLED: 'CANCELLED',
};

export function StatusBadge({ status }: { readonly status: JobStatus }): ComponentChildren {
  return h(
    'span',
    { class: `badge is-${status}`, title: meanings[status] },
    h('span', { class: 'dot', 'aria-hidden': true }),
    statusNames[status],
  );
}
