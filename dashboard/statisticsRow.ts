/** One job type of the table of types. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { formatAddress, type Address, type Span } from './address.ts';
import { Chart } from './chart.ts';
import { formatDuration } from './durations.ts';
import type { Percentiles, StatisticsWindow, TypeInsight, TypeStatistics, WaitingJob } from './insights.ts';
import { useNow } from './useNow.ts';
import { waitWords } from './waitNote.ts';

export interface StatisticsRowProps {
  readonly type: TypeInsight;
  readonly window: StatisticsWindow;
  readonly address: Address;
}

const spanOf: Readonly<Record<StatisticsWindow, Span>> = { HOUR: '1h', DAY: '1d' };
const minutesOf: Readonly<Record<StatisticsWindow, number>> = { HOUR: 60, DAY: 1440 };

export function StatisticsRow({ type, window, address }: StatisticsRowProps): ComponentChildren {
  const { name, description, hasWorker, isPaused, waitingLongest, statistics } = type;
  const itsJobs: Address = { ...address, view: 'jobs', jobId: undefined, type: name };
  const failed: Address = { ...itsJobs, status: 'FAILED_FINAL', span: spanOf[window] };
  return html`<tr data-type=${name}>
    <th scope="row">
      <a href=${formatAddress(itsJobs)} title=${description}>${name}</a>
      ${!hasWorker && html`<span class="tag is-alarming" title="No worker that runs knows this type: its jobs wait">no worker</span>`}
      ${isPaused && html`<span class="tag" title="Its jobs do not start until it is resumed">paused</span>`}
    </th>
    <td>
      ${waitingLongest === null ? html`<span class="muted">–</span>` : html`<${Wait} waiting=${waitingLongest} address=${address} />`}
    </td>
    <td class="number">${statistics === null ? '–' : html`<${Rate} statistics=${statistics} window=${window} />`}</td>
    <td class="number">
      ${statistics === null || statistics.failed === 0 ? '–' : html`<${Failures} statistics=${statistics} href=${formatAddress(failed)} />`}
    </td>
    <td class="wide-only">${statistics !== null && html`<${Slices} name=${name} statistics=${statistics} />`}</td>
    <td class="number wide-only"><${Times} times=${statistics?.waitMs ?? null} sampled=${statistics?.sampled ?? 0} /></td>
    <td class="number wide-only"><${Times} times=${statistics?.runMs ?? null} sampled=${statistics?.sampled ?? 0} /></td>
  </tr>`;
}

function Wait({ waiting: { since, job }, address }: { readonly waiting: WaitingJob; readonly address: Address }): ComponentChildren {
  const now = useNow(1000);
  const why = job.waitingReason === null ? '' : waitWords[job.waitingReason];
  return html`<a href=${formatAddress({ ...address, jobId: job.jobId })} title=${why}>${formatDuration(now - Date.parse(since))}</a>`;
}

interface OfStatistics {
  readonly statistics: TypeStatistics;
}

const about = ({ isEstimated }: TypeStatistics): string => (isEstimated ? '≈ ' : '');

function Rate({ statistics, window }: OfStatistics & { readonly window: StatisticsWindow }): ComponentChildren {
  const { created } = statistics;
  const aMinute = created / minutesOf[window];
  return html`${about(statistics) + created.toLocaleString()}
  ${created > 0 && html`<span class="under">${`${aMinute >= 10 ? Math.round(aMinute).toLocaleString() : aMinute.toFixed(aMinute >= 1 ? 1 : 2)} a minute`}</span>`}`;
}

function Failures({ statistics, href }: OfStatistics & { readonly href: string }): ComponentChildren {
  const { succeeded, failed } = statistics;
  const share = (100 * failed) / (succeeded + failed);
  return html`<a class="is-bad" href=${href}>${about(statistics) + failed.toLocaleString()}</a>
    <span class="under">${`${share >= 10 ? share.toFixed(0) : share.toFixed(1)} %`}</span>`;
}

function Slices({ name, statistics: { slices, succeeded, failed, created } }: OfStatistics & { readonly name: string }): ComponentChildren {
  const open = (slice: (typeof slices)[number]): number => Math.max(0, slice.created - slice.succeeded - slice.failed);
  return html`<div class="spark">
    <${Chart}
      slots=${slices.length + 1}
      label=${`${name}: ${created} handed in, ${succeeded} succeeded, ${failed} failed`}
      empty="Fills as jobs are handed in."
      rows=${[
        { kind: 'good', values: slices.map((slice) => slice.succeeded) },
        { kind: 'bad', values: slices.map((slice) => slice.failed) },
        { kind: 'open', values: slices.map(open) },
      ]}
    />
  </div>`;
}

function Times({ times, sampled }: { readonly times: Percentiles | null; readonly sampled: number }): ComponentChildren {
  if (times === null) return html`<span class="muted">–</span>`;
  return html`<span title=${`Of ${sampled} jobs`}>
    ${formatDuration(times.p50)} <span class="muted">/</span> ${formatDuration(times.p95)}
  </span>`;
}
