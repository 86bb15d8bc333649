/** A job's state in a word and a colour. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { JobStatus } from '../client/job.ts';

/** As people say it; the API's own word is shown beside it or in the title. */
export const statusNames: Readonly<Record<JobStatus, string>> = {
  PENDING: 'Waiting',
  PROCESSING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Not queued',
  FAILED_FINAL: 'Failed',
  CANCELLED: 'Cancelled',
};

export const statusMeanings: Readonly<Record<JobStatus, string>> = {
  PENDING: 'PENDING: waits for a worker',
  PROCESSING: 'PROCESSING: a worker holds it',
  SUCCEEDED: 'SUCCEEDED: done',
  FAILED: 'FAILED: could not be queued; retry it',
  FAILED_FINAL: 'FAILED_FINAL: failed for good, after all attempts',
  CANCELLED: 'CANCELLED: by its owner',
};

export interface StatusBadgeProps {
  readonly status: JobStatus;
  /** Whether the API's word for it is shown beside it. */
  readonly hasCode?: boolean;
}

export function StatusBadge({ status, hasCode = false }: StatusBadgeProps): ComponentChildren {
  return html`<span class=${`badge is-${status}`} title=${statusMeanings[status]}>
    <span class="dot" aria-hidden="true"></span>
    <span class="badge-name">${statusNames[status]}</span>
    ${hasCode && html`<code class="badge-code">${status}</code>`}
  </span>`;
}
