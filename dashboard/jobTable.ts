/** The table of jobs, live, and its pages. */
import type { ReadonlySignal, Signal } from '@preact/signals-core';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Actions } from './actions.ts';
import { formatAddress, withoutFilter, type Address } from './address.ts';
import { isNarrowed } from './filterOf.ts';
import { JobPages } from './jobPages.ts';
import type { FeedState, JobList } from './jobList.ts';
import { JobRow, type JobRowProps } from './jobRow.ts';
import { areAllSelected, choose, chooseAll, type Selection } from './selection.ts';
import { SelectionBar } from './selectionBar.ts';
import { useNow } from './useNow.ts';

export interface JobTableProps extends Pick<JobRowProps, 'stuckAfterMs' | 'onRetry' | 'onCancel'> {
  readonly list: JobList;
  readonly feed: ReadonlySignal<FeedState>;
  readonly address: Address;
  readonly selected: Signal<Selection>;
  readonly actions: Pick<Actions, 'applyToAll' | 'count'>;
  readonly onCreate: () => void;
}

export function JobTable(props: JobTableProps): ComponentChildren {
  const { list, feed, address, selected, stuckAfterMs, actions, onRetry, onCancel, onCreate } = props;
  const { jobs, hasLoaded, problem, page } = list.state.value;
  const now = useNow(1000);
  const shown = jobs.map(({ jobId }) => jobId);
  const onSelectAll = (): void => void (selected.value = chooseAll(selected.peek(), shown));
  return html`
    ${problem !== undefined && feed.value !== 'refused' && html`<p class="problem" role="alert">${problem}</p>`}
    <${SelectionBar} jobs=${jobs} selected=${selected} stuckAfterMs=${stuckAfterMs} actions=${actions} />
    <div class="table-scroll" tabindex=${0} role="region" aria-label="Table of jobs">
      <table class="jobs-table">
        <caption class="hidden">
          ${`Jobs, newest first, page ${page}; kept up to date`}
        </caption>
        <thead>
          <tr>
            <td class="select">
              <input
                type="checkbox"
                aria-label="Select all of this page"
                checked=${areAllSelected(selected.value, shown)}
                onChange=${onSelectAll}
              />
            </td>
            ${headings.map(([name, kind]) => html`<th key=${name} scope="col" class=${kind}>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${jobs.map(
            (job) =>
              html`<${JobRow}
                key=${job.jobId}
                job=${job}
                now=${now}
                address=${address}
                stuckAfterMs=${stuckAfterMs}
                isSelected=${selected.value.jobIds.has(job.jobId)}
                onSelect=${(isRange: boolean) => void (selected.value = choose(selected.peek(), { jobId: job.jobId, isRange }, shown))}
                onRetry=${onRetry}
                onCancel=${onCancel}
              />`,
          )}
        </tbody>
      </table>
      ${
        jobs.length === 0 &&
        problem === undefined &&
        html`<${Empty} hasLoaded=${hasLoaded} address=${address} isLive=${feed.value === 'open'} onCreate=${onCreate} />`
      }
    </div>
    <${JobPages} list=${list} address=${address} actions=${actions} />
  `;
}

const headings = [
  ['Status', ''],
  ['Job', ''],
  ['Progress', 'wide-only'],
  ['Attempt', 'number attempt wide-only'],
  ['Age', 'number wide-only'],
  ['Took', 'number wide-only'],
  ['Actions', 'actions'],
] as const;

interface EmptyProps extends Pick<JobTableProps, 'address' | 'onCreate'> {
  readonly hasLoaded: boolean;
  readonly isLive: boolean;
}

function Empty({ hasLoaded, address, isLive, onCreate }: EmptyProps): ComponentChildren {
  const isOwn = address.owner === undefined && !address.allOwners;
  if (!hasLoaded) return html`<div class="empty"><p>Loading …</p></div>`;
  if (isNarrowed(address)) {
    return html`<div class="empty">
      <p>No job is like this now.</p>
      <a class="button" href=${formatAddress(withoutFilter(address))}>Show all jobs</a>
    </div>`;
  }
  return html`<div class="empty">
    <p>${isOwn ? 'No jobs yet. They appear here as they are handed in.' : 'No jobs.'}</p>
    ${isOwn && isLive && html`<button type="button" class="primary" onClick=${onCreate}>Create your first job</button>`}
  </div>`;
}
