/** Workflows, newest first: where each stands, and how far it is. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { WorkflowStatus } from '../client/workflows.ts';
import { formatAddress, turnTo, workflowStatuses, type Address } from './address.ts';
import { formatDuration } from './durations.ts';
import { JobCounts } from './jobCounts.ts';
import { relativeTime } from './localTime.ts';
import { OwnerField } from './ownerField.ts';
import { useNow } from './useNow.ts';
import { pollEveryMs, usePolled } from './usePolled.ts';
import { WorkflowBadge, workflowStatusNames } from './workflowBadge.ts';
import type { ListedWorkflow } from './workflowDocuments.ts';
import type { Workflows } from './workflows.ts';

export interface WorkflowListProps {
  readonly address: Address;
  readonly workflows: Pick<Workflows, 'list' | 'counts'>;
  readonly isAdmin: boolean;
}

export function WorkflowList({ address, workflows, isAdmin }: WorkflowListProps): ComponentChildren {
  const { workflowStatus: status, owner } = address;
  /** Where each page after the first begins. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const after = cursors.at(-1);
  const read = useCallback(() => workflows.list({ status, owner, after }), [workflows, status, owner, after]);
  const { value, problem } = usePolled(read);
  const nextCursor = value?.nextCursor ?? null;
  const onStatus = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void =>
    turnTo({ ...address, workflowStatus: workflowStatuses.find((one) => one === currentTarget.value) });
  return html`<section class="insight card" aria-labelledby="workflows-title">
    <div class="insight-head">
      <h2 id="workflows-title">${owner === undefined ? 'Workflows' : `Workflows of ${owner}`}</h2>
      <span class="spacer"></span>
      ${(isAdmin || owner !== undefined) && html`<${OwnerField} key=${owner ?? ''} address=${address} ofAll=${false} />`}
      <select aria-label="Filter by status" value=${status ?? ''} onChange=${onStatus}>
        <option value="">Any status</option>
        ${workflowStatuses.map((one) => html`<option key=${one} value=${one}>${workflowStatusNames[one]}</option>`)}
      </select>
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${value === undefined && problem === undefined && html`<div class="empty"><p>Loading …</p></div>`}
    ${value?.workflows.length === 0 && html`<div class="empty"><p>${emptyText({ status, isFirst: cursors.length === 0, hasOlder: nextCursor !== null })}</p></div>`}
    ${value !== undefined && value.workflows.length > 0 && html`<${WorkflowTable} listed=${value.workflows} address=${address} workflows=${workflows} />`}
    ${
      (cursors.length > 0 || nextCursor !== null) &&
      html`<nav class="pages" aria-label="Pages of workflows">
        <span class="spacer"></span>
        <button type="button" disabled=${cursors.length === 0} onClick=${() => setCursors(cursors.slice(0, -1))}>← Newer</button>
        <span class="muted">${`Page ${cursors.length + 1}`}</span>
        <button type="button" disabled=${nextCursor === null} onClick=${() => nextCursor !== null && setCursors([...cursors, nextCursor])}>
          Older →
        </button>
      </nav>`
    }
  </section>`;
}

interface Emptiness {
  readonly status: WorkflowStatus | undefined;
  readonly isFirst: boolean;
  /** Where few workflows are in a state, a page may have none of them and still not be the last. */
  readonly hasOlder: boolean;
}

function emptyText({ status, isFirst, hasOlder }: Emptiness): string {
  if (hasOlder) return 'None of the newest workflows is in this state: “Older” looks further.';
  if (!isFirst) return 'There are no older ones.';
  return status === undefined
    ? 'No workflows yet. One is up to 1,000 jobs, of which some begin after others: createWorkflow of the API hands it in.'
    : 'No workflow is in this state.';
}

interface WorkflowTableProps extends Pick<WorkflowRowProps, 'address' | 'workflows'> {
  readonly listed: readonly ListedWorkflow[];
}

function WorkflowTable({ listed, address, workflows }: WorkflowTableProps): ComponentChildren {
  const now = useNow(5000);
  return html`<div class="table-scroll" tabindex=${0} role="region" aria-label="List of workflows">
    <table class="insight-table workflows-table">
      <caption class="hidden">
        Workflows, newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Workflow</th>
          <th scope="col">Status</th>
          <th scope="col" class="wide-only">Jobs</th>
          <th scope="col" class="wide-only">Created</th>
          <th scope="col" class="number wide-only">Took</th>
        </tr>
      </thead>
      <tbody>
        ${listed.map((workflow) => html`<${WorkflowRow} key=${workflow.workflowId} ...${{ workflow, address, now, workflows }} />`)}
      </tbody>
    </table>
  </div>`;
}

interface WorkflowRowProps extends Pick<WorkflowListProps, 'address'> {
  readonly workflow: ListedWorkflow;
  readonly now: number;
  readonly workflows: Pick<Workflows, 'counts'>;
}

function WorkflowRow({ workflow, address, now, workflows }: WorkflowRowProps): ComponentChildren {
  const { workflowId, name, tags, status, version, createdAt, finishedAt, error } = workflow;
  // It takes a thousand reads for a thousand jobs: for an ended workflow they are done once, and again when it is retried.
  const read = useCallback(() => workflows.counts(workflowId), [workflows, workflowId, version]);
  const { value: counts } = usePolled(read, status === 'RUNNING' ? pollEveryMs : 0);
  const took = finishedAt === null ? '–' : formatDuration(Date.parse(finishedAt) - Date.parse(createdAt));
  return html`<tr data-workflow=${workflowId}>
    <th scope="row">
      <a href=${formatAddress({ ...address, workflowId, jobId: undefined })}>${name}</a>
      ${tags.map((tag) => html`${' '}<span key=${tag} class="tag">${tag}</span>`)}
      ${status === 'FAILED' && error !== null && html`<span class="under is-bad wide-only">${error.message}</span>`}
      <span class="narrow-only"><span class="under">${relativeTime(createdAt, now)}</span></span>
    </th>
    <td><${WorkflowBadge} status=${status} /></td>
    <td class="wide-only">${counts !== undefined && html`<${JobCounts} counts=${counts} />`}</td>
    <td class="wide-only">
      <time dateTime=${createdAt} title=${new Date(createdAt).toLocaleString()}>${relativeTime(createdAt, now)}</time>
    </td>
    <td class="number wide-only">${took}</td>
  </tr>`;
}
