/** A job's timeline, made from its history: how long it waited and worked, and each change of its status. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { isFinal } from '../client/job.ts';
import type { ListedJob } from './documents.ts';
import { between, formatDuration, timeOfDay } from './durations.ts';
import { StatusBadge, statusNames } from './statusBadge.ts';
import { stretchesOf, type Stretch } from './timeline.ts';
import { useNow } from './useNow.ts';

const barWidth = 1000;

export function Timeline({ job }: { readonly job: ListedJob }): ComponentChildren {
  const now = useNow(isFinal(job.status) ? 60_000 : 250);
  const stretches = stretchesOf(job, now);
  const spoken = stretches.map(({ status, ms }) => `${statusNames[status]} ${formatDuration(ms)}`).join(', ');
  let x = 0;
  const rectOf = ({ version, status, ms, share }: Stretch): ComponentChildren => {
    const width = share * barWidth;
    x += width;
    return html`<rect key=${version} class=${`is-${status}`} x=${x - width} width=${Math.max(1, width - 3)} y="0" height="12" rx="3">
      <title>${`${statusNames[status]}: ${formatDuration(ms)}`}</title>
    </rect>`;
  };
  return html`<section class="timeline">
    <h3>Timeline</h3>
    <svg class="bar" viewBox=${`0 0 ${barWidth} 12`} preserveAspectRatio="none" role="img" aria-label=${spoken}>
      ${stretches.map(rectOf)}
    </svg>
    <ol class="history">
      ${job.history.map((entry, index) => html`<${Entry} key=${entry.version} entry=${entry} since=${job.history[index - 1]?.at} />`)}
    </ol>
  </section>`;
}

interface EntryProps {
  readonly entry: ListedJob['history'][number];
  /** When the state before it began. */
  readonly since: string | undefined;
}

function Entry({ entry: { version, status, at, attempt, error }, since }: EntryProps): ComponentChildren {
  const sinceMs = between(since, at);
  return html`<li class=${`is-${status}`} data-version=${version}>
    <div class="row">
      <${StatusBadge} status=${status} />
      ${attempt > 0 && status !== 'PENDING' && html`<span class="muted">${`attempt ${attempt}`}</span>`}
      <span class="spacer"></span>
      ${sinceMs !== null && html`<span class="muted">${`+${formatDuration(sinceMs)}`}</span>`}
      <time dateTime=${at} title=${new Date(at).toLocaleString()}>${timeOfDay(at)}</time>
    </div>
    ${error !== null && html`<p class="activity-error">${`${error.code}: ${error.message}`}</p>`}
  </li>`;
}
