/** The number of jobs, and the links between pages. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import type { Actions } from './actions.ts';
import { formatAddress, type Address } from './address.ts';
import type { JobCount } from './documents.ts';
import { filterOf, whoseOf } from './filterOf.ts';
import type { JobList } from './jobList.ts';
import { countOf } from './jobRecord.ts';
import { usePolled } from './usePolled.ts';

export interface JobPagesProps {
  readonly list: JobList;
  readonly address: Address;
  readonly actions: Pick<Actions, 'count'>;
}

/** Thousands are counted. */
const countEveryMs = 10_000;

export function JobPages({ list, address, actions }: JobPagesProps): ComponentChildren {
  const { page, hasNextPage, hasLoaded, jobs } = list.state.value;
  const asked = formatAddress({ ...address, view: 'jobs', jobId: undefined });
  const read = useCallback(
    async () => ({ asked, ...(await actions.count(filterOf(address, Date.now()), whoseOf(address))) }),
    [actions, asked],
  );
  const counted = usePolled(hasLoaded && (hasNextPage || page > 1) ? read : undefined, countEveryMs).value;
  // A page that contains all jobs needs no count; an earlier count was for another list.
  const total = hasNextPage || page > 1 ? (counted?.asked === asked ? counted : undefined) : { count: jobs.length, isExact: true };
  return html`<nav class="pages" aria-label="Pages of jobs">
    <span class="muted">${hasLoaded && total !== undefined && totalText(total)}</span>
    <span class="spacer"></span>
    <button type="button" class="quiet" disabled=${page === 1} onClick=${() => list.turnTo('first')}>Newest</button>
    <button type="button" disabled=${page === 1} onClick=${() => list.turnTo('previous')}>← Newer</button>
    <span class="muted">${`Page ${page.toLocaleString()}`}</span>
    <button type="button" disabled=${!hasNextPage} onClick=${() => list.turnTo('next')}>Older →</button>
  </nav>`;
}

function totalText({ count, isExact }: JobCount): string {
  return isExact ? countOf(count) : `More than ${countOf(count)}`;
}
