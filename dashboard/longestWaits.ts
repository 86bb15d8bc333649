/** The longest present waits, one for each type: what an operator wants to know first. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { formatAddress, type Address } from './address.ts';
import { formatDuration } from './durations.ts';
import { whoseOf } from './filterOf.ts';
import type { Insights } from './insights.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface LongestWaitsProps {
  readonly insights: Pick<Insights, 'waits'>;
  readonly address: Address;
}

const readEveryMs = 10_000;
/** As many as fit beside the other gauges. */
const shownTypes = 3;
/** Short waits are not shown. */
const worthTellingMs = 1000;

export function LongestWaits({ insights, address }: LongestWaitsProps): ComponentChildren {
  const now = useNow(1000);
  const { owner, allOwners } = address;
  const read = useCallback(() => insights.waits(whoseOf({ owner, allOwners })), [insights, owner, allOwners]);
  const { value: types = [] } = usePolled(read, readEveryMs);
  const waits = types
    .flatMap(({ name, waitingLongest }) =>
      waitingLongest === null ? [] : [{ name, ...waitingLongest, ms: now - Date.parse(waitingLongest.since) }],
    )
    .filter(({ ms }) => ms >= worthTellingMs)
    .toSorted((a, b) => b.ms - a.ms);
  return html`<article class="gauge card waits">
    <h2><a href=${formatAddress({ ...address, view: 'statistics', jobId: undefined })}>Longest wait</a></h2>
    <p class="figure">${waits[0] === undefined ? '–' : formatDuration(waits[0].ms)}</p>
    ${waits.length === 0 && html`<p class="muted">Nothing waits that could run.</p>`}
    <ul>
      ${waits.slice(0, shownTypes).map(
        ({ name, ms, job }) =>
          html`<li key=${name}>
            <a href=${formatAddress({ ...address, jobId: job.jobId })}>${name}</a>
            <span class="muted">${formatDuration(ms)}</span>
          </li>`,
      )}
    </ul>
  </article>`;
}
