/** One job of the table. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { isFinal } from '../client/job.ts';
import { formatAddress, turnTo, type Address } from './address.ts';
import type { ListedJob } from './documents.ts';
import { between, formatDuration } from './durations.ts';
import { isRetryable, shortId } from './jobRecord.ts';
import { ProgressBar } from './progressBar.ts';
import { shortWait } from './shortWait.ts';
import { StatusBadge } from './statusBadge.ts';

export interface JobRowProps {
  readonly job: ListedJob;
  readonly now: number;
  readonly address: Address;
  readonly stuckAfterMs: number;
  readonly isSelected: boolean;
  /** Selects or deselects it. */
  readonly onSelect: (isRange: boolean) => void;
  readonly onRetry: (jobId: string) => void;
  readonly onCancel: (jobId: string) => void;
}

export function JobRow({ job, now, address, stuckAfterMs, isSelected, onSelect, onRetry, onCancel }: JobRowProps): ComponentChildren {
  const { jobId, owner, type, tags, status, priority, attempts, createdAt, startedAt, finishedAt, version } = job;
  const isOpen = address.jobId === jobId;
  // The state of the checkbox itself: a click on it, its key, or a click beside it.
  const onSelectClick = (event: MouseEvent): void => onSelect(event.shiftKey);
  const onClick = ({ target }: MouseEvent): void => {
    // A click on a link or a control in the row is handled by that.
    if (target instanceof Element && target.closest('a, button, .select') === null) turnTo({ ...address, jobId });
  };
  const tookMs = between(startedAt, finishedAt ?? now);
  const age = formatDuration(between(createdAt, now) ?? 0);
  const name = `${type} ${shortId(jobId)}`;
  const ownerHref = formatAddress({ ...address, jobId: undefined, owner, allOwners: false });
  return html`<tr class=${isOpen ? 'is-open' : ''} data-job=${jobId} data-version=${version} data-status=${status} onClick=${onClick}>
    <td class="select" onClick=${onSelectClick}>
      <input type="checkbox" aria-label=${`Select ${name}`} checked=${isSelected} />
    </td>
    <td><${StatusBadge} status=${status} hasCode=${true} /></td>
    <th scope="row">
      <a href=${formatAddress({ ...address, jobId })} aria-current=${isOpen ? 'true' : undefined}>${type}</a>
      <span class="job-id">
        ${shortId(jobId)}
        <span class="narrow-only">${`· ${age}`}</span>
        ${priority !== 'NORMAL' && html`<span class=${`priority is-${priority}`}>${priority.toLowerCase()}</span>`}
      </span>
      ${address.allOwners && html`<a class="row-owner" href=${ownerHref} title="Jobs of this owner">${owner}</a>`}
      ${tags.length > 0 && html`<${Tags} tags=${tags} address=${address} />`}
    </th>
    <td class="detail wide-only"><${Detail} job=${job} now=${now} /></td>
    <td class="number attempt wide-only">${attempts === 0 ? '–' : attempts}</td>
    <td class="number wide-only" title=${new Date(createdAt).toLocaleString()}>${age}</td>
    <td class="number wide-only">${tookMs === null ? '–' : formatDuration(tookMs)}</td>
    <td class="actions">
      ${isRetryable(job, { now, stuckAfterMs }) && html`<${RowButton} word="Retry" name=${name} onClick=${() => onRetry(jobId)} />`}
      ${!isFinal(status) && html`<${RowButton} word="Cancel" name=${name} onClick=${() => onCancel(jobId)} />`}
    </td>
  </tr>`;
}

/** Its progress, what it waits for, or why it failed. */
function Detail({ job, now }: Pick<JobRowProps, 'job' | 'now'>): ComponentChildren {
  const { status, error } = job;
  if (status === 'PENDING') return html`<span class="muted">${shortWait(job, now)}</span>`;
  if ((status === 'FAILED_FINAL' || status === 'FAILED') && error !== null) {
    return html`<span class="row-error" title=${`${error.code}: ${error.message}`}>${error.message}</span>`;
  }
  return html`<${ProgressBar} job=${job} />`;
}

interface TagsProps {
  readonly tags: readonly string[];
  readonly address: Address;
}

/** Each is a link to all jobs with that tag. */
function Tags({ tags, address }: TagsProps): ComponentChildren {
  return html`<span class="row-tags">
    ${tags.map(
      (tag) =>
        html`<a key=${tag} class="tag" href=${formatAddress({ ...address, jobId: undefined, tag })} title=${`Jobs tagged ${tag}`}
          >${tag}</a
        >`,
    )}
  </span>`;
}

interface RowButtonProps {
  readonly word: string;
  /** The job's own tags. */
  readonly name: string;
  readonly onClick: () => void;
}

function RowButton({ word, name, onClick }: RowButtonProps): ComponentChildren {
  return html`<button type="button" class="small" onClick=${onClick} aria-label=${`${word} ${name}`}>${word}</button>`;
}
