/** A workflow's state in a word and a colour. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { WorkflowStatus } from '../client/workflows.ts';

export const workflowStatusNames: Readonly<Record<WorkflowStatus, string>> = {
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

/** The colours are those of jobs. */
const kinds: Readonly<Record<WorkflowStatus, string>> = {
  RUNNING: 'PROCESSING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED_FINAL',
  CANCELLED: 'CANCELLED',
};

export function WorkflowBadge({ status }: { readonly status: WorkflowStatus }): ComponentChildren {
  return html`<span class=${`badge is-${kinds[status]}`} data-status=${status}>
    <span class="dot" aria-hidden="true"></span>
    <span class="badge-name">${workflowStatusNames[status]}</span>
  </span>`;
}
