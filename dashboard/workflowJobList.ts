/** A workflow's jobs in words, each after those that it depends on: what waits for what, and why. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { isFinal, type JobStatus } from '../client/job.ts';
import { formatAddress, statuses, type Address } from './address.ts';
import { StatusBadge, statusNames } from './statusBadge.ts';
import { waitsFor } from './waitsFor.ts';
import type { WorkflowJob } from './workflowDocuments.ts';

export interface WorkflowJobListProps {
  readonly jobs: ReadonlyMap<string, WorkflowJob>;
  readonly address: Address;
  readonly now: number;
  readonly isBusy: boolean;
  readonly onRetry: (job: WorkflowJob) => void;
  readonly onSignal: (job: WorkflowJob) => void;
}

const shownAtOnce = 100;

export function WorkflowJobList({ jobs, address, now, isBusy, onRetry, onSignal }: WorkflowJobListProps): ComponentChildren {
  const [status, setStatus] = useState<JobStatus | undefined>();
  const [most, setMost] = useState(shownAtOnce);
  const chosen = [...jobs.values()].filter((job) => status === undefined || job.status === status);
  const onStatus = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void => {
    setStatus(statuses.find((one) => one === currentTarget.value));
    setMost(shownAtOnce);
  };
  return html`<section class="workflow-jobs" aria-labelledby="workflow-jobs-title">
    <div class="row workflow-jobs-head">
      <h3 id="workflow-jobs-title">Jobs</h3>
      <span class="spacer"></span>
      <select class="small" aria-label="Filter jobs by status" value=${status ?? ''} onChange=${onStatus}>
        <option value="">${`All ${jobs.size.toLocaleString()}`}</option>
        ${statuses.map((one) => {
          const count = [...jobs.values()].filter((job) => job.status === one).length;
          return count > 0 && html`<option key=${one} value=${one}>${`${statusNames[one]}: ${count.toLocaleString()}`}</option>`;
        })}
      </select>
    </div>
    <ol class="workflow-rows" tabindex=${0} aria-label="Jobs of the workflow">
      ${chosen.slice(0, most).map(
        (job) =>
          html`<li
            key=${job.jobId}
            class=${`workflow-row ${address.jobId === job.jobId ? 'is-open' : ''}`}
            data-name=${job.workflowJobName}
            data-status=${job.status}
          >
            <a href=${formatAddress({ ...address, jobId: job.jobId })}>${job.workflowJobName}</a>
            <${StatusBadge} status=${job.status} />
            <span class="workflow-words muted">${waitsFor(job, jobs, now)}</span>
            ${isAwaitingSignal(job) && html`<${RowButton} word="Signal …" job=${job} isBusy=${isBusy} onClick=${onSignal} />`}
            ${isOwnFailure(job, jobs) && html`<${RowButton} word="Retry" job=${job} isBusy=${isBusy} onClick=${onRetry} />`}
          </li>`,
      )}
    </ol>
    ${
      chosen.length > most &&
      html`<button type="button" class="small" onClick=${() => setMost(most + shownAtOnce)}>
        ${`Show ${Math.min(shownAtOnce, chosen.length - most)} more of ${chosen.length.toLocaleString()}`}
      </button>`
    }
  </section>`;
}

const isAwaitingSignal = ({ status, waitingReason }: WorkflowJob): boolean => status === 'PENDING' && waitingReason === 'SIGNAL';

const hasFailed = (status: JobStatus | undefined): boolean => status !== undefined && isFinal(status) && status !== 'SUCCEEDED';

/** A job that was cancelled because of a dependency goes on when that dependency does, and is not retried on its own. */
function isOwnFailure({ status, dependsOn }: WorkflowJob, jobs: ReadonlyMap<string, WorkflowJob>): boolean {
  if (status !== 'CANCELLED') return hasFailed(status);
  return !dependsOn.some(({ name }) => hasFailed(jobs.get(name)?.status));
}

interface RowButtonProps {
  readonly word: string;
  readonly job: WorkflowJob;
  readonly isBusy: boolean;
  readonly onClick: (job: WorkflowJob) => void;
}

function RowButton({ word, job, isBusy, onClick }: RowButtonProps): ComponentChildren {
  return html`<button
    type="button"
    class="small"
    disabled=${isBusy}
    aria-label=${`${word} ${job.workflowJobName}`}
    onClick=${() => onClick(job)}
  >
    ${word}
  </button>`;
}
