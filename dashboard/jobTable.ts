/** The table of jobs, live, and its pages. */
import type { ReadonlySignal, Signal } from '@preact/signals-core';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Actions } from './actions.ts';
import type { Address } from './address.ts';
import type { FeedState, JobList } from './jobList.ts';
import { JobRow, type JobRowProps } from './jobRow.ts';
import { SelectionBar } from './selectionBar.ts';
import { useNow } from './useNow.ts';

export interface JobTableProps extends Pick<JobRowProps, 'stuckAfterMs' | 'onRetry' | 'onCancel'> {
  readonly list: JobList;
  readonly feed: ReadonlySignal<FeedState>;
  readonly address: Address;
  readonly selected: Signal<ReadonlySet<string>>;
  readonly actions: Pick<Actions, 'applyToAll'>;
  readonly onCreate: () => void;
}

export function JobTable(props: JobTableProps): ComponentChildren {
  const { list, feed, address, selected, stuckAfterMs, actions, onRetry, onCancel, onCreate } = props;
  const { jobs, hasLoaded, problem, page } = list.state.value;
  const now = useNow(1000);
  const isFiltered = address.status !== undefined || address.type !== undefined;
  const isFirst = hasLoaded && !isFiltered && address.owner === undefined && feed.value === 'open';
  const areAllSelected = jobs.length > 0 && jobs.every(({ jobId }) => selected.value.has(jobId));
  const select = (jobIds: readonly string[], isSelected: boolean): void => {
    const kept = [...selected.peek()].filter((jobId) => !jobIds.includes(jobId));
    selected.value = new Set(isSelected ? [...kept, ...jobIds] : kept);
  };
  const onSelectAll = (): void =>
    select(
      jobs.map(({ jobId }) => jobId),
      !areAllSelected,
    );
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
              <input type="checkbox" aria-label="Select all of this page" checked=${areAllSelected} onChange=${onSelectAll} />
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
                isSelected=${selected.value.has(job.jobId)}
                onSelect=${(isSelected: boolean) => select([job.jobId], isSelected)}
                onRetry=${onRetry}
                onCancel=${onCancel}
              />`,
          )}
        </tbody>
      </table>
      ${
        jobs.length === 0 &&
        problem === undefined &&
        html`<div class="empty">
          <p>${emptyText({ hasLoaded, isFiltered })}</p>
          ${isFirst && html`<button type="button" class="primary" onClick=${onCreate}>Create your first job</button>`}
        </div>`
      }
    </div>
    <${Pages} list=${list} />
  `;
}

const headings = [
  ['Status', ''],
  ['Job', ''],
  ['Progress', 'wide-only'],
  ['Attempt', 'number wide-only'],
  ['Age', 'number wide-only'],
  ['Took', 'number wide-only'],
  ['Actions', 'actions'],
] as const;

function emptyText({ hasLoaded, isFiltered }: { readonly hasLoaded: boolean; readonly isFiltered: boolean }): string {
  if (!hasLoaded) return 'Loading …';
  return isFiltered ? 'No job is in this state now.' : 'No jobs yet.';
}

function Pages({ list }: { readonly list: JobList }): ComponentChildren {
  const { page, hasNextPage } = list.state.value;
  return html`<nav class="pages" aria-label="Pages">
    <button type="button" disabled=${page === 1} onClick=${() => list.turnTo('first')}>Newest</button>
    <button type="button" disabled=${page === 1} onClick=${() => list.turnTo('previous')}>← Newer</button>
    <span class="muted">${`Page ${page}`}</span>
    <button type="button" disabled=${!hasNextPage} onClick=${() => list.turnTo('next')}>Older →</button>
  </nav>`;
}
