/** What happened to the caller's jobs since the page was opened, newest first. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Transition } from './activity.ts';
import { formatAddress, type Address } from './address.ts';
import { timeOfDay } from './durations.ts';
import type { JobList } from './jobList.ts';
import { shortId } from './jobRecord.ts';
import { StatusBadge } from './statusBadge.ts';

const shown = 60;

export interface ActivityListProps {
  readonly list: JobList;
  readonly address: Address;
}

export function ActivityList({ list, address }: ActivityListProps): ComponentChildren {
  const transitions = list.activity.latest.value.slice(0, shown);
  const itemOf = ({ jobId, version, status, at, error, isRecovered }: Transition): ComponentChildren =>
    html`<li key=${`${jobId} ${version}`} data-job=${jobId} data-version=${version}>
      <time dateTime=${at}>${timeOfDay(at)}</time>
      <${StatusBadge} status=${status} />
      <a href=${formatAddress({ ...address, jobId })}>
        ${list.find(jobId)?.type ?? 'job'}${' '}<span class="job-id">${shortId(jobId)}</span>
      </a>
      ${isRecovered && html`<span class="tag" title="Missed live and read from the job’s history">caught up</span>`}
      ${error !== null && html`<p class="activity-error">${error.message}</p>`}
    </li>`;
  return html`<aside class="aside card" aria-labelledby="activity-title">
    <h2 id="activity-title">Activity</h2>
    ${transitions.length === 0 && html`<p class="muted">Each change of status appears here as it happens.</p>`}
    <ol class="activity">
      ${transitions.map(itemOf)}
    </ol>
  </aside>`;
}
